// Package watch shows a run in a browser while it goes on: the page of package
// page, updated each second by server-sent events, with a button that stops the
// run.
//
// The run never waits for it: a tick leaves what it knows in a slot and goes on,
// a goroutine of the server makes the page, and a browser that is slow, closed or
// gone costs nobody anything but itself. Pages are made at most once a second
// for all viewers, and only while somebody watches; each section is compressed
// once for all of them too.
//
// On a loopback address anyone on this machine may watch and stop. On any other,
// a token is asked for, that [Server.URL] tells once.
package watch
