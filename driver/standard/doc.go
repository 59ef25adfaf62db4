// Package standard is the engine built on net/http. It speaks HTTP/2 and
// through proxies, which the fast engine does not, and it is the oracle that
// the fast engine is held against.
//
// Each connection is a [http.ClientConn] of its own, so that net/http neither
// pools nor repeats anything behind the driver's back. It follows no redirect,
// keeps no cookie, unpacks no body, and adds nothing to the request but what
// the protocol demands; it may reorder header fields and change the case of
// their names.
//
// It costs several times what the fast engine does. net/http reports bytes that
// follow an answer unasked through the standard log package; whoever owns the
// terminal should redirect that.
package standard
