# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 13."""


def copies(pages, nodes=4):
    return [page % nodes for page in range(pages)]


def huge_pages(first, pages):
    begin = (first + 511) // 512
    end = (first + pages) // 512
    return max(0, end - begin)


SOLUTIONS = {
    "13-1": copies(6),
    "13-2": {"a": "vm_ops", "b": "shared", "c": "no room", "d": "nothing", "e": "nothing"},
    "13-3": huge_pages,
    "13-4": {"alone": "enter and scan", "beside": "scan"},
}
