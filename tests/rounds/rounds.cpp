// SPDX-License-Identifier: GPL-2.0-only
// Rounds of hinting faults, page by page: a program of its own, written from the rules and not from numakit's code,
// to be compared with it. Reads one scenario from its input (whole numbers; the order is that of read_scenario below).
// Writes for each round one line "scanned checksum", one line for each counter with a number for each node (pages,
// faults, local, migrations, refused by the limit, refused otherwise) and, where asked for, the node of each page.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <vector>

typedef std::vector<int64_t> Numbers;
enum { PREFERRED = 1, BIND, INTERLEAVE, LOCAL, PREFERRED_MANY, WEIGHTED };          // as user space numbers the modes
enum { NO_FILTER, LAST_NID, LAST_CPUPID, EARLY_FAULTS_PASS };
enum { MARK_ALL, MARK_SOLE_REFERENCE, MARK_MAPPED_ONCE };
enum { OWN_PART, SHARED_PART, PING_PONG, RANDOM, ROUND_ROBIN, ZIPF, PHASES, TABLE };
const int64_t NONE = -1, WINDOW_MS = 100, WAIT_MS = 1000, LIMIT = 32768, HUGE_PAGE = 512;

struct Policy { int64_t mode, mof, moron; Numbers nodes; };
struct Task { int64_t stay, prefers; Numbers nodes; };
struct Window { int64_t end, moved; };
struct Rules {
    int64_t first_nid_gate, small_vma_gate, scanner_heeds_limit, needs_mof, shmem_asks_task, mapcount_check,
        local_private_marked, cow_marks, filter, preferred_looks_first, rate_limit, ino_known, index_bits,
        bind_moron, many_moron;
};
static Rules rules;
static uint64_t seed;
static int64_t nodes, pages, rounds, round_ms, shmem, shared, i_ino, mapcount, task_policy, with_pages;
static int64_t pattern, parameter, first_toucher;
static double exponent;
static std::vector<Numbers> fallback;       // for each node, the nodes with memory, nearest first
static Numbers weight, has_memory, own_policy, start, table;
static std::vector<Policy> policies;
static std::vector<Task> tasks;

static int64_t number() {
    int64_t n;
    if (!(std::cin >> n)) { std::fprintf(stderr, "the scenario ends too early\n"); std::exit(1); }
    return n;
}

static Numbers numbers(int64_t count) {
    Numbers found(count);
    for (auto &n : found) n = number();
    return found;
}

static void read_scenario() {
    int64_t *const switches[] = {
        &rules.first_nid_gate, &rules.small_vma_gate, &rules.scanner_heeds_limit, &rules.needs_mof,
        &rules.shmem_asks_task, &rules.mapcount_check, &rules.local_private_marked, &rules.cow_marks, &rules.filter,
        &rules.preferred_looks_first, &rules.rate_limit, &rules.ino_known, &rules.index_bits, &rules.bind_moron,
        &rules.many_moron};
    for (auto s : switches) *s = number();
    nodes = number(); pages = number(); rounds = number(); round_ms = number();
    if (!(std::cin >> seed)) std::exit(1);
    shmem = number(); shared = number(); i_ino = number(); mapcount = number(); with_pages = number();
    for (int64_t n = 0; n < nodes; n++) fallback.push_back(numbers(number()));
    weight = numbers(nodes);
    has_memory = Numbers(nodes, 0);
    for (auto &list : fallback) for (auto n : list) has_memory[n] = 1;
    const int64_t kinds = number();
    for (int64_t k = 0; k < kinds; k++) {
        Policy p{number(), number(), number(), {}};
        p.nodes = numbers(number());
        policies.push_back(p);
    }
    task_policy = number();
    own_policy = Numbers(pages, NONE);
    for (int64_t ranges = number(); ranges > 0; ranges--) {
        const int64_t from = number(), to = number(), which = number();
        for (int64_t p = from; p < to && p < pages; p++) own_policy[p] = which;
    }
    for (int64_t count = number(); count > 0; count--) {
        Task t{number(), number(), {}};
        t.nodes = numbers(number());
        tasks.push_back(t);
    }
    pattern = number(); parameter = number();
    if (!(std::cin >> exponent)) std::exit(1);
    if (pattern == TABLE) table = numbers(rounds * pages);
    first_toucher = number();                // of all pages, before the rounds; or NONE, and the node of each page
    if (first_toucher == NONE) start = numbers(pages);
}

// Where things are, and what is counted.
static Numbers page_node, last_nid, last_pid, marked;
static std::vector<Window> windows;
static Numbers faults, local, migrations, over_limit, refused;
static int64_t first_nid;

static int64_t node_of_task(int64_t task, int64_t round) {
    const Task &t = tasks[task];
    return t.nodes[round / t.stay % t.nodes.size()];
}

static bool contains(const Numbers &some, int64_t n) {
    for (auto s : some) if (s == n) return true;
    return false;
}

// The policy in force at a page: its range's, else the task's, else NULL for none.
static const Policy *policy_at(int64_t page) {
    if (own_policy[page] != NONE) return &policies[own_policy[page]];
    return task_policy == NONE ? nullptr : &policies[task_policy];
}

// ---- chance
static uint64_t mix(uint64_t x) {
    x ^= x >> 30; x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27; x *= 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint64_t chance(int64_t round, int64_t page) {
    const uint64_t odd = 0x9E3779B97F4A7C15u;
    const uint64_t key = mix(mix(seed) + uint64_t(round) * odd);
    return mix(key + (uint64_t(page) >> 2) * odd) >> 16 * (page & 3) & 0xFFFF;
}

// ---- who touches a page first in a round
static int64_t toucher(int64_t round, int64_t page) {
    const int64_t count = tasks.size(), owner = page * count / pages;
    switch (pattern) {
    case OWN_PART: return owner;
    case SHARED_PART: return (page >> 2) * 40503 % 65536 < parameter ? int64_t(chance(round, page) * count >> 16) : owner;
    case PING_PONG: return round % count;
    case RANDOM: return chance(round, page) * count >> 16;
    case ROUND_ROBIN: return (page + round) % count;
    case ZIPF: {
        const double share = std::pow(double(page + 1), -exponent);
        const int64_t bits = std::max<int64_t>(1, int64_t(std::nearbyint(65536 * share)));
        return int64_t(chance(round, page)) < bits ? owner : NONE;
    }
    case PHASES: return (owner + round / parameter) % count;
    case TABLE: return table[round * pages + page];
    }
    std::exit(1);
}

// ---- where policies want pages
static int64_t nearest_of(const Numbers &wanted, int64_t here) {
    for (auto n : fallback[here]) if (contains(wanted, n)) return n;
    std::exit(1);
}

static int64_t by_index(const Policy &policy, uint64_t index) {
    if (policy.mode == INTERLEAVE) {
        if (rules.index_bits == 32) index = uint32_t(index);
        return policy.nodes[index % policy.nodes.size()];
    }
    uint64_t total = 0;
    for (auto n : policy.nodes) total += weight[n];
    int64_t left = index % total;
    for (auto n : policy.nodes) if ((left -= weight[n]) < 0) return n;
    std::exit(1);
}

static int64_t first_touch(int64_t page, int64_t here) {
    const Policy *policy = policy_at(page);
    if (!policy || policy->mode == LOCAL) return fallback[here][0];
    if (policy->mode == PREFERRED) return fallback[policy->nodes[0]][0];
    if (policy->mode == BIND || policy->mode == PREFERRED_MANY) return nearest_of(policy->nodes, here);
    return by_index(*policy, uint64_t(page) + i_ino);
}

// ---- the rate limit, one window for each node
static bool limited(int64_t node, int64_t now) {          // as the scanner asks
    const Window &w = windows[node];
    return rules.rate_limit && now <= w.end + WAIT_MS && w.moved >= LIMIT;
}

static bool over(int64_t node, int64_t now) {             // as a migration asks, and is counted
    Window &w = windows[node];
    if (!rules.rate_limit) return false;
    if (now > w.end) w = Window{now + WINDOW_MS, 0};
    if (w.moved > LIMIT) return true;
    w.moved++;
    return false;
}

// ---- the scanner
static int64_t scanning_task(int64_t round) {
    for (size_t t = 0; t < tasks.size(); t++) {
        const int64_t here = node_of_task(t, round);
        if (rules.first_nid_gate && first_nid != NONE) {
            if (here == first_nid) continue;
            first_nid = NONE;
        }
        if (rules.scanner_heeds_limit && limited(here, round * round_ms)) continue;
        return t;
    }
    return NONE;
}

static bool mapping_scanned() {
    if (rules.small_vma_gate && pages < HUGE_PAGE) return false;
    if (!rules.needs_mof) return true;
    if (own_policy[0] != NONE) return policies[own_policy[0]].mof;
    if (shmem && !rules.shmem_asks_task) return false;
    return task_policy == NONE || policies[task_policy].mof;
}

static bool may_mark(int64_t page, int64_t here) {
    if (rules.mapcount_check && mapcount != 1) return false;
    if (shared) return true;
    if (rules.cow_marks == MARK_SOLE_REFERENCE && (shmem || mapcount != 1)) return false;   // the file refers to it
    if (rules.cow_marks == MARK_MAPPED_ONCE && mapcount != 1) return false;
    return rules.local_private_marked || tasks.size() > 1 || page_node[page] != here;
}

static bool scan(int64_t round) {
    const int64_t task = scanning_task(round);
    if (task == NONE || !mapping_scanned()) return false;
    for (int64_t p = 0; p < pages; p++) if (may_mark(p, node_of_task(task, round))) marked[p] = 1;
    return true;
}

// ---- the fault
static bool passes_filter(int64_t page, int64_t here, int64_t task, int64_t round) {
    const int64_t before_nid = last_nid[page], before_pid = last_pid[page], pid = task + 1;
    last_nid[page] = here;
    last_pid[page] = pid;
    if (rules.filter == NO_FILTER) return true;
    if (rules.filter == LAST_NID) return before_nid == here;
    if (rules.filter == EARLY_FAULTS_PASS && (tasks[task].prefers == NONE || round <= 4)
        && (before_nid == NONE || before_pid == pid)) return true;
    return before_nid == NONE || before_nid == here;
}

// The node to which the page should go, or NONE to let it stay.
static int64_t misplaced(int64_t page, int64_t task, int64_t round) {
    const int64_t here = node_of_task(task, round), now_on = page_node[page];
    const Policy *policy = policy_at(page);
    const Policy standing{PREFERRED, 1, 1, {here}};
    if (!policy) policy = &standing;
    if (!policy->mof) return NONE;
    int64_t wanted = NONE;
    switch (policy->mode) {
    case INTERLEAVE:
    case WEIGHTED:
        wanted = by_index(*policy, uint64_t(page) + (rules.ino_known ? i_ino : 0));
        break;
    case PREFERRED:
        if (rules.preferred_looks_first && contains(policy->nodes, now_on)) return NONE;
        wanted = policy->nodes[0];
        break;
    case LOCAL:
        wanted = here;
        break;
    default:                                              // BIND, PREFERRED_MANY
        if (policy->moron && (policy->mode == BIND ? rules.bind_moron : rules.many_moron)) {
            if (!contains(policy->nodes, here)) return NONE;
        } else {
            if (contains(policy->nodes, now_on)) return NONE;
            wanted = nearest_of(policy->nodes, here);
        }
    }
    if (policy->moron) {
        wanted = here;
        if (!passes_filter(page, here, task, round)) return NONE;
    }
    return wanted == now_on ? NONE : wanted;
}

static void fault(int64_t page, int64_t task, int64_t round) {
    const int64_t here = node_of_task(task, round), now = round * round_ms + page * round_ms / pages;
    marked[page] = 0;
    faults[here]++;
    if (page_node[page] == here) local[here]++;
    const int64_t target = misplaced(page, task, round);
    if (target == NONE) return;
    if (rules.mapcount_check && mapcount != 1) { refused[target]++; return; }
    if (over(target, now)) { over_limit[target]++; return; }
    if (!has_memory[target]) { refused[target]++; return; }
    migrations[target]++;
    page_node[page] = target;
}

// ---- all of it
static void print(const Numbers &some) {
    for (auto n : some) std::printf("%lld ", (long long)n);
    std::printf("\n");
}

static uint64_t checksum() {
    uint64_t sum = 0;
    for (int64_t p = 0; p < pages; p++) sum += uint64_t(page_node[p] + 1) * mix(p);
    return sum;
}

static void play_round(int64_t round) {
    for (auto counter : {&faults, &local, &migrations, &over_limit, &refused}) *counter = Numbers(nodes, 0);
    const bool scanned = scan(round);
    for (int64_t p = 0; p < pages; p++) {
        const int64_t task = toucher(round, p);
        if (task != NONE && marked[p]) fault(p, task, round);
    }
    Numbers on(nodes, 0);
    for (auto n : page_node) on[n]++;
    std::printf("%d %llu\n", scanned, (unsigned long long)checksum());
    for (auto counter : {&on, &faults, &local, &migrations, &over_limit, &refused}) print(*counter);
    if (with_pages) print(page_node);
}

int main() {
    read_scenario();
    last_nid = last_pid = Numbers(pages, NONE);
    marked = Numbers(pages, 0);
    windows = std::vector<Window>(nodes, Window{0, 0});
    first_nid = node_of_task(0, 0);
    page_node = start;
    if (first_toucher != NONE)
        for (int64_t p = 0; p < pages; p++) page_node.push_back(first_touch(p, node_of_task(first_toucher, 0)));
    for (int64_t r = 0; r < rounds; r++) play_round(r);
}
