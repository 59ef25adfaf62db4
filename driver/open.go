package driver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"

	"authsoak/accounts"
	"authsoak/driver/dial"
	"authsoak/scenario"
)

// Network opens a connection instead of the operating system.
type Network func(ctx context.Context, network, address string) (net.Conn, error)

// Open reads the certificates that a plan names and makes the dialers of its
// targets; no connection is opened. All problems come at once. The network is
// the operating system's where none is given.
func Open(plan *scenario.Plan, network Network) ([]Target, error) {
	return OpenWrapped(plan, network, nil)
}

// OpenWrapped is [Open] with something put on every connection: how it is found
// and opened, and whether it may be, stays as it is.
func OpenWrapped(plan *scenario.Plan, network Network, wrap func(context.Context, net.Conn) net.Conn) ([]Target, error) {
	targets := make([]Target, len(plan.Targets))
	var errs []error
	for i := range plan.Targets {
		t := &targets[i]
		t.TargetPlan = plan.Targets[i]
		options, err := DialOptions(&t.TargetPlan)
		if err == nil {
			err = t.identify(&options)
		}
		if err == nil {
			options.Wrap = wrap
			if options.Network = network; network == nil && plan.Authorized == "" {
				options.Permit = permit
			}
			t.Dialer, err = dial.New(options)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("target %s: %w", t.Name, err))
		}
	}
	return targets, errors.Join(errs...)
}

// permit refuses addresses that somebody would have to answer for.
func permit(a netip.Addr) error {
	if scenario.NeedsAuthorization([]netip.Addr{a}) {
		return fmt.Errorf("%s is neither this machine nor a private network, and nobody authorized it: --authorized WHO", a)
	}
	return nil
}

// DialOptions says how to reach a target of a plan, without client
// certificates.
func DialOptions(t *scenario.TargetPlan) (dial.Options, error) {
	o := dial.Options{URL: t.URL, Proxy: t.Proxy, HTTP2: t.HTTP2, Insecure: t.TLS.Insecure, ServerName: t.TLS.ServerName, Source: t.Source}
	if t.Engine == scenario.Standard {
		o.Engine = dial.Standard
	}
	for _, r := range t.Resolve {
		if o.Resolve == nil {
			o.Resolve = map[string]string{}
		}
		o.Resolve[net.JoinHostPort(r.Host, strconv.Itoa(r.Port))] = r.Addr.String()
	}
	if t.TLS.CA == "" {
		return o, nil
	}
	pem, err := os.ReadFile(t.TLS.CA)
	if err != nil {
		return o, fmt.Errorf("ca: %w", err)
	}
	o.RootCAs = x509.NewCertPool()
	if !o.RootCAs.AppendCertsFromPEM(pem) {
		return o, fmt.Errorf("ca: %s holds no certificate in PEM", t.TLS.CA)
	}
	return o, nil
}

// identify loads the client certificates: the target's own, and those of
// accounts that bring one where the login is by certificate. A file named by
// many accounts is read once.
func (t *Target) identify(o *dial.Options) error {
	seen := map[[2]string]int{}
	load := func(cert, key string) (int, error) {
		if cert == "" {
			return 0, nil
		}
		if i, ok := seen[[2]string{cert, key}]; ok {
			return i, nil
		}
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return 0, fmt.Errorf("client certificate: %w", err)
		}
		o.Certificates = append(o.Certificates, pair)
		seen[[2]string{cert, key}] = len(o.Certificates)
		return len(o.Certificates), nil
	}
	var err error
	if t.Identity, err = load(t.TLS.ClientCert, t.TLS.ClientKey); err != nil {
		return err
	}
	if !t.Flow.ClientCertificate {
		return nil
	}
	columns, missing := accounts.Resolve(t.Accounts, []string{accounts.ClientCert, accounts.ClientKey})
	if len(missing) > 0 {
		return nil
	}
	t.Identities = make([]uint16, t.Accounts.Count())
	var scratch accounts.Scratch
	for i := range t.Identities {
		f := t.Accounts.Fields(i, columns, &scratch)
		id, err := load(string(f[0]), string(f[1]))
		switch {
		case err != nil:
			return fmt.Errorf("account %d: %w", i+1, err)
		case id > 1<<16-1:
			return fmt.Errorf("more than %d client certificates", 1<<16-1)
		case id == 0:
			id = t.Identity
		}
		t.Identities[i] = uint16(id)
	}
	return nil
}
