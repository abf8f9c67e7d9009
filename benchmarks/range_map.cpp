// SPDX-License-Identifier: GPL-2.0-only
// A file's ranges in a std::map: what SharedPolicy is measured against. Start -> end and policy, ranges disjoint.
// Reads: how many changes to make before the clock starts; the changes (start end policy, -1 for none); the pages
// to look up. Writes: seconds a change, seconds a look-up, the ranges left, and a sum over what was found.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <vector>

struct Range { uint64_t end; int policy; };
struct Change { uint64_t start, end; int policy; };
using Ranges = std::map<uint64_t, Range>;
using Clock = std::chrono::steady_clock;

static void replace(Ranges &ranges, const Change &change) {
    auto it = ranges.lower_bound(change.start);
    if (it != ranges.begin()) {
        auto before = std::prev(it);
        const Range old = before->second;
        if (old.end > change.start) before->second.end = change.start;
        if (old.end > change.end) ranges.emplace_hint(it, change.end, old);
    }
    while (it != ranges.end() && it->first < change.end) {
        if (it->second.end > change.end) ranges.emplace_hint(std::next(it), change.end, it->second);
        it = ranges.erase(it);
    }
    if (change.policy >= 0) ranges.emplace_hint(it, change.start, Range{change.end, change.policy});
}

static int lookup(const Ranges &ranges, uint64_t page) {
    auto it = ranges.upper_bound(page);
    if (it == ranges.begin()) return -1;
    --it;
    return page < it->second.end ? it->second.policy : -1;
}

static double each(Clock::time_point from, size_t count) {
    return std::chrono::duration<double>(Clock::now() - from).count() / std::max<size_t>(count, 1);
}

int main() {
    size_t warm, changes, lookups;
    std::cin >> warm >> changes >> lookups;
    std::vector<Change> change(changes);
    std::vector<uint64_t> pages(lookups);
    for (auto &c : change) std::cin >> c.start >> c.end >> c.policy;
    for (auto &p : pages) std::cin >> p;
    if (!std::cin || warm > changes) return 1;

    Ranges ranges;
    for (size_t i = 0; i < warm; i++) replace(ranges, change[i]);
    auto from = Clock::now();
    for (size_t i = warm; i < changes; i++) replace(ranges, change[i]);
    const double replacing = each(from, changes - warm);

    long long sum = 0;
    from = Clock::now();
    for (uint64_t page : pages) sum += lookup(ranges, page) + 1;
    const double looking = each(from, lookups);
    std::printf("%.12g %.12g %zu %lld\n", replacing, looking, ranges.size(), sum);
}
