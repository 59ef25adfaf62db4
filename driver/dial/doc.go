// Package dial opens connections to one target for either HTTP engine.
//
// Opening has parts (name lookup, connecting, the TLS handshake) that are
// timed apart and fail in ways of their own; an error says which, and what to
// do about it where a user can. Everything that a connection is made of is an
// option: nothing comes from the environment, so that a run repeats elsewhere.
//
// One connection speaks for one client certificate at most, and TLS sessions
// are never carried over from one certificate to another.
//
// The package keeps no pool and sends no request, but for the CONNECT that
// opens a way through a proxy.
package dial
