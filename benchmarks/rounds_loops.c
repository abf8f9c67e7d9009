// SPDX-License-Identifier: GPL-2.0-only
// One round of hinting faults under the default policy by v3.13's rules, pages touched by random tasks: what
// numakit.rounds.play is measured against. plain_round goes page by page; split_round goes in stages over small arrays,
// which the compiler turns into SIMD. NODE is the type of a node (-DNODE=int8_t); never a fault yet: -1.
// Both take the world by its arrays, so that any number of rounds may follow, and give what History counts.
#include <stdint.h>
#include <string.h>

typedef struct {
    int64_t pages, nodes, tasks, round_ms, limited;     // limited: whether a window can ever be full
    uint64_t seed;
    const NODE *nid;            // of each task
    NODE *node, *last;          // of each page: where it lies, and the node of its last hinting fault
    int64_t *end, *charged;     // of each node: its window of the rate limit
    int64_t *on, *faults, *local, *moved, *refused;
} World;

enum { WINDOW_MS = 100, LIMIT = 32768, CHUNK = 8192, PARTS = 4, MOST_NODES = 1024, FEW = 8, SELDOM = 16, BLOCK = 128 };
static const uint64_t ODD = 0x9E3779B97F4A7C15u;

static inline uint64_t mix(uint64_t x) {
    x ^= x >> 30; x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27; x *= 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint64_t key_of(const World *w, int64_t round) { return mix(mix(w->seed) + (uint64_t)round * ODD); }

static void clear(const World *w) {
    const size_t size = w->nodes * sizeof(int64_t);
    memset(w->faults, 0, size); memset(w->local, 0, size); memset(w->moved, 0, size); memset(w->refused, 0, size);
}

// The first page of this round that is touched after a node's window has ended; kept, for it changes seldom.
static int64_t edge_of(const World *w, int64_t round, int64_t node) {
    int64_t left = w->end[node] + 1 - round * w->round_ms;
    if (left <= 0) return 0;
    return left > w->round_ms ? w->pages : (left * w->pages + w->round_ms - 1) / w->round_ms;
}

static inline int admitted(const World *w, int64_t *edge, int64_t round, int64_t page, int64_t here) {
    if (page >= edge[here]) {
        w->end[here] = round * w->round_ms + page * w->round_ms / w->pages + WINDOW_MS;
        w->charged[here] = 0;
        edge[here] = edge_of(w, round, here);
    }
    if (w->charged[here] > LIMIT) {
        w->refused[here]++;
        return 0;
    }
    w->charged[here]++;
    return 1;
}

static inline void move(const World *w, int64_t *edge, int64_t round, int64_t page, int64_t here) {
    if (w->limited && !admitted(w, edge, round, page, here)) return;
    w->moved[here]++;
    w->on[w->node[page]]--;
    w->on[here]++;
    w->node[page] = here;
}

void plain_round(const World *w, int64_t round) {
    const uint64_t key = key_of(w, round);
    // In local names: a store to a page of one byte might otherwise change any field of the world.
    const NODE *const nid = w->nid;
    NODE *const node = w->node, *const last = w->last;
    int64_t *const faults = w->faults, *const local = w->local;
    const int64_t pages = w->pages, tasks = w->tasks;
    int64_t edge[MOST_NODES];
    uint64_t word = 0;
    clear(w);
    for (int64_t n = 0; n < w->nodes; n++) edge[n] = edge_of(w, round, n);
    for (int64_t page = 0; page < pages; page++) {
        if ((page & 3) == 0) word = mix(key + (uint64_t)(page >> 2) * ODD);
        const int64_t here = nid[(word >> 16 * (page & 3) & 0xFFFF) * tasks >> 16];
        const NODE before = last[page];
        faults[here]++;
        last[page] = here;
        if (node[page] == here) local[here]++;
        else if (before == here || before < 0) move(w, edge, round, page, here);
    }
}

// ---- the same in stages
static void words_of(uint64_t *words, uint64_t key, int64_t low, int64_t count) {
    for (int64_t i = 0; i < count; i++) words[i] = mix(key + (uint64_t)((low >> 2) + i) * ODD);
}

static void tasks_of(uint16_t *task, const uint16_t *bits, int64_t tasks, int64_t count) {
    const uint32_t times = tasks;
    for (int64_t i = 0; i < count; i++) task[i] = (bits[i] * times) >> 16;
}

static void nodes_of(NODE *here, const uint16_t *task, const NODE *nid, int64_t base, int64_t count) {
    if (base >= 0) for (int64_t i = 0; i < count; i++) here[i] = (NODE)(task[i] + base);
    else for (int64_t i = 0; i < count; i++) here[i] = nid[task[i]];
}

static void compare(uint8_t *restrict home, uint8_t *restrict goes, const NODE *restrict node, NODE *restrict last,
                    const NODE *restrict here, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        home[i] = node[i] == here[i];
        goes[i] = ((last[i] == here[i]) | (last[i] < 0)) & (node[i] != here[i]);
        last[i] = here[i];
    }
}

// Sums of 0 and 1 in bytes, a block at a time: four times as many lanes as in 32 bits.
#define SUM_OF(condition, count) ({ \
    int64_t sum_ = 0, i = 0; \
    for (; i + BLOCK <= (count); ) { \
        uint8_t part_ = 0; \
        for (const int64_t end_ = i + BLOCK; i < end_; i++) part_ += (condition); \
        sum_ += part_; \
    } \
    for (; i < (count); i++) sum_ += (condition); \
    sum_; })

static int64_t sum_of(const uint8_t *where, int64_t count) { return SUM_OF(where[i], count); }

// The places where something holds: without a branch where they are many, by eight at once where they are few.
static int64_t list(uint32_t *listed, const uint8_t *where, int64_t many, int64_t count) {
    int64_t some = 0, i = 0;
    if (many * SELDOM > count) {
        for (; i < count; i++) { listed[some] = i; some += where[i]; }
        return some;
    }
    for (; i < count; i += 8) {                        // what lies behind the last page is 0
        uint64_t eight;
        memcpy(&eight, where + i, 8);
        for (; eight; eight &= eight - 1) listed[some++] = i + (__builtin_ctzll(eight) >> 3);
    }
    return some;
}

// How often each node comes: by a comparison for each where there are few nodes, else in four tables,
// so that one increment need not wait for another.
static void count_all(int64_t *into, const NODE *of, int64_t nodes, int64_t count) {
    int32_t some[PARTS][MOST_NODES];
    if (nodes <= FEW) {
        for (int64_t n = 0; n < nodes; n++) into[n] += SUM_OF(of[i] == (NODE)n, count);
        return;
    }
    for (int t = 0; t < PARTS; t++) memset(some[t], 0, nodes * sizeof(int32_t));
    for (int64_t i = 0; i + PARTS <= count; i += PARTS)
        for (int t = 0; t < PARTS; t++) some[t][of[i + t]]++;
    for (int64_t i = count & ~(int64_t)(PARTS - 1); i < count; i++) some[0][of[i]]++;
    for (int64_t n = 0; n < nodes; n++) into[n] += some[0][n] + some[1][n] + some[2][n] + some[3][n];
}

// The same where something holds, added or taken away; for few nodes.
static void count_few(int64_t *into, int64_t sign, const uint8_t *where, const NODE *of, int64_t nodes, int64_t count) {
    for (int64_t n = 0; n < nodes; n++) into[n] += sign * SUM_OF(where[i] & (of[i] == (NODE)n), count);
}

static void select_all(NODE *restrict node, const uint8_t *restrict goes, const NODE *restrict here, int64_t count) {
    for (int64_t i = 0; i < count; i++) node[i] ^= (node[i] ^ here[i]) & (NODE)-(NODE)goes[i];
}

void split_round(const World *w, int64_t round) {
    static uint64_t words[CHUNK / 4];
    static uint16_t task[CHUNK];
    static NODE here[CHUNK];
    static uint8_t home[CHUNK + 8], goes[CHUNK + 8];
    static uint32_t listed[CHUNK + 1];
    const uint64_t key = key_of(w, round);
    const int few = w->nodes <= FEW;
    int64_t edge[MOST_NODES], base = w->nid[0];
    clear(w);
    for (int64_t n = 0; n < w->nodes; n++) edge[n] = edge_of(w, round, n);
    for (int64_t t = 0; t < w->tasks; t++) if (w->nid[t] != base + t) { base = -1; break; }
    for (int64_t low = 0; low < w->pages; low += CHUNK) {
        const int64_t count = w->pages - low < CHUNK ? w->pages - low : CHUNK;
        NODE *const node = w->node + low;
        words_of(words, key, low, (count + 3) / 4);
        tasks_of(task, (const uint16_t *)words, w->tasks, count);       // little-endian: the lowest 16 bits come first
        nodes_of(here, task, w->nid, base, count);
        compare(home, goes, node, w->last + low, here, count);
        memset(home + count, 0, 8);
        memset(goes + count, 0, 8);
        count_all(w->faults, here, w->nodes, count);
        if (few) {
            count_few(w->local, 1, home, here, w->nodes, count);
        } else {
            const int64_t some = list(listed, home, sum_of(home, count), count);
            for (int64_t k = 0; k < some; k++) w->local[here[listed[k]]]++;
        }
        const int64_t movers = sum_of(goes, count);
        if (few && !w->limited) {
            count_few(w->moved, 1, goes, here, w->nodes, count);
            count_few(w->on, 1, goes, here, w->nodes, count);
            count_few(w->on, -1, goes, node, w->nodes, count);
            select_all(node, goes, here, count);
        } else {
            list(listed, goes, movers, count);
            for (int64_t k = 0; k < movers; k++) move(w, edge, round, low + listed[k], here[listed[k]]);
        }
    }
}
