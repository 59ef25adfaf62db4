package scenario

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// Resolve puts an address in the place of a name, to pin one node behind a
// balancer. Host and port are what the URL says.
type Resolve struct {
	Host string
	Port int
	Addr netip.Addr
}

// String returns HOST:PORT:ADDR, as [ParseResolve] reads it.
func (r Resolve) String() string {
	host, addr := r.Host, r.Addr.String()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if r.Addr.Is6() {
		addr = "[" + addr + "]"
	}
	return fmt.Sprintf("%s:%d:%s", host, r.Port, addr)
}

// ParseResolve reads HOST:PORT:ADDR; an IPv6 address may stand in brackets.
func ParseResolve(text string) (Resolve, error) {
	bad := func(reason string) (Resolve, error) {
		return Resolve{}, fmt.Errorf("resolve %q: %s: want HOST:PORT:ADDR, as in octane.example.test:443:192.0.2.7", text, reason)
	}
	host, rest, ok := cutHost(text)
	if !ok || host == "" {
		return bad("has no host")
	}
	portText, addrText, ok := strings.Cut(rest, ":")
	if !ok {
		return bad("has no address")
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil || port == 0 {
		return bad(fmt.Sprintf("port %q is no number from 1 to 65535", portText))
	}
	addrText = strings.TrimSuffix(strings.TrimPrefix(addrText, "["), "]")
	addr, err := netip.ParseAddr(addrText)
	if err != nil {
		return bad(fmt.Sprintf("%q is no IP address", addrText))
	}
	return Resolve{Host: strings.ToLower(host), Port: int(port), Addr: addr}, nil
}

func cutHost(text string) (host, rest string, ok bool) {
	if strings.HasPrefix(text, "[") {
		host, rest, ok = strings.Cut(text[1:], "]:")
		return host, rest, ok
	}
	return strings.Cut(text, ":")
}

// ParseLabel reads KEY=VALUE. The key holds letters, digits, ., _ and -.
func ParseLabel(text string) (key, value string, err error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return "", "", fmt.Errorf("--label %q: want KEY=VALUE", text)
	}
	if err := checkLabel(key); err != nil {
		return "", "", fmt.Errorf("--label %q: %w", text, err)
	}
	return key, value, nil
}

func checkLabel(key string) error {
	if key == "" || len(key) > 64 {
		return errors.New("a key has 1 to 64 characters")
	}
	for _, r := range key {
		if !labelRune(r) {
			return fmt.Errorf("a key holds letters, digits, ., _ and -, not %q", r)
		}
	}
	return nil
}

func labelRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
}

// TargetFlag is what --target says.
type TargetFlag struct {
	Endpoint string // name of a built-in profile, or path of a file
	Version  string // empty: the profile's default
	URL      string
}

// ParseTarget reads ENDPOINT[@VERSION]=URL.
func ParseTarget(text string) (TargetFlag, error) {
	shown := text
	if at, _, ok := strings.Cut(text, "="); ok {
		shown = at + "=…" // a URL may hold a password
	}
	bad := func(reason string) (TargetFlag, error) {
		return TargetFlag{}, fmt.Errorf("--target %q: %s: want ENDPOINT[@VERSION]=URL, as in octane=https://octane.example.test", shown, reason)
	}
	name, url, ok := strings.Cut(text, "=")
	if !ok {
		if strings.Contains(text, "://") {
			shown = "…"
			return bad("names no endpoint")
		}
		return bad("has no URL")
	}
	if strings.Contains(name, "://") {
		shown = "…"
		return bad("names no endpoint")
	}
	t := TargetFlag{Endpoint: name, URL: url}
	if i := strings.LastIndexByte(name, '@'); i >= 0 {
		t.Endpoint, t.Version = name[:i], name[i+1:]
		if t.Version == "" {
			return bad("has no version after @")
		}
	}
	if t.Endpoint == "" {
		return bad("names no endpoint")
	}
	if reason := urlFault(url); reason != "" {
		return bad(reason)
	}
	return t, nil
}

var patternShape = regexp.MustCompile(`^[^:]+:.+:[0-9]+(-[0-9]+)?$`)

// ParseAccounts reads the value of --accounts: a pattern USER:SECRET:COUNT where
// it has that form, else the path of a CSV file.
func ParseAccounts(text string) Accounts {
	if patternShape.MatchString(text) || strings.Contains(text, "{n") && strings.Contains(text, ":") {
		return Accounts{Generate: text}
	}
	return Accounts{File: text}
}

// parseSource reads a local address to connect from.
func parseSource(text string) (netip.Addr, error) {
	if host, _, err := net.SplitHostPort(text); err == nil && host != "" {
		return netip.Addr{}, fmt.Errorf("%q must be an address without a port", text)
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%q is no IP address of this machine", text)
	}
	return addr, nil
}
