// Package health is the harness measuring itself: what the process takes from
// its machine, and how late Go's scheduler and collector make it. Its one idea:
// a number about a server is worth nothing unless the generator was well. It
// reads the process, the runtime and /proc; it judges nothing, the caller holds
// the limits.
package health
