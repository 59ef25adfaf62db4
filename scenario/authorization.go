package scenario

import "net/netip"

// NeedsAuthorization tells whether one of the addresses lies outside networks
// of one's own, so that somebody must have allowed load on it. One's own are
// loopback and the private ranges of RFC 1918 and RFC 4193; neither link-local
// addresses, under which clouds keep services of theirs, nor the shared ranges of
// carriers (100.64.0.0/10, RFC 6598), whose other end may be anybody's.
func NeedsAuthorization(addrs []netip.Addr) bool {
	for _, a := range addrs {
		a = a.Unmap()
		own := a.IsLoopback() || a.IsPrivate() || a.IsUnspecified()
		if !own {
			return true
		}
	}
	return false
}
