// Package http1 is the fast engine: an HTTP/1.1 client over one connection that
// allocates nothing for a request in the steady state.
//
// A request goes out as the bytes it was rendered to. The answer is read by a
// strict, minimal reader into memory that belongs to the [exchange.Answer], so
// that an idle connection holds a few hundred bytes. What a tolerant client
// would repair (bare line feeds, a space before a colon, two lengths that
// disagree, a length beside chunks) is a protocol error here: it is a finding
// about the server, and guessing where an answer ends would blame the next one.
//
// On plain TCP the request is written while the goroutine already waits for
// the answer, which saves the read that only finds that nothing is there yet.
//
// The package does not open connections, follow redirects, keep cookies, unpack
// bodies, pipeline, or send anything twice.
package http1
