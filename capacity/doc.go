// Package capacity finds the highest load at which a server meets objectives: a
// rate of cycles, or a number of sessions held.
//
// Its one idea: the search is a pure function of what the steps so far have
// shown ([Search]), and a step is a run of its own ([Run]), warmed up, judged,
// drained, so that steps are independent of each other and a single noisy one
// decides nothing. The answer is an interval that a sequential test stands
// behind (see [authsoak/stats.Evidence]), not the last level that happened to
// pass.
//
// It judges servers, not generators: a step in which the generator was the limit
// is no evidence, and two of them end the search without an answer. It prints
// nothing and leaves no session behind that could be logged out.
package capacity
