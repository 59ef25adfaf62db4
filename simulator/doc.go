// Package simulator is an embedded server of login sessions: ALM Octane, ALM /
// Quality Center, Junos Space and LoadRunner Enterprise in all their versions,
// and one invented product ("acme") that only a user's own profile knows.
//
// All of them answer on one listener and are told apart by their paths. What
// the vendors' documents state is built in; what they leave open is a field of
// [Options] whose zero value is the likeliest reading.
//
// The server speaks HTTP/1.1 with a small strict parser of its own, since tens
// of thousands of requests a second must fit on one core; HTTP/2 connections
// are handed to net/http and meet the same handlers. Sessions live in a
// pointer-free store without timers: a session's clocks are read when it is
// touched, and a slow sweeper gives back what nobody touches any more.
//
// The package holds no knowledge of how a load is driven or judged, imports no
// other package of this module, and keeps no state outside a [Server].
package simulator
