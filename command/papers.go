package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"authsoak/accounts"
	"authsoak/simulator"
)

// usualClientCerts is how many client certificates are written where a server
// asks for them.
const usualClientCerts = 10

// papers are the certificates a client of the simulator needs.
type papers struct {
	dir, ca, accounts string // files; empty: none
	temporary         bool
}

func (p papers) remove() {
	if p.temporary {
		_ = os.RemoveAll(p.dir)
	}
}

// writePapers writes the server's authority, and certificates for users where
// the server asks for them, to dir, or to a temporary folder.
func writePapers(s *simulator.Server, tls simulator.TLSOptions, dir string, clients *int) (p papers, err error) {
	if !tls.Enabled {
		return p, nil
	}
	p.dir = dir
	if p.dir == "" {
		p.temporary = true
		p.dir, err = os.MkdirTemp("", "authsoak-simulator-")
	} else {
		err = os.MkdirAll(p.dir, 0o700)
	}
	if err != nil {
		return p, fmt.Errorf("certificates: %w", err)
	}
	defer func() {
		if err != nil {
			p.remove()
		}
	}()
	p.ca = filepath.Join(p.dir, "ca.pem")
	if err := os.WriteFile(p.ca, s.CA(), 0o644); err != nil {
		return p, fmt.Errorf("certificates: %w", err)
	}
	count := orZero(clients)
	if clients == nil && tls.ClientCertificates != "" && tls.ClientCertificates != simulator.NoCertificate {
		count = usualClientCerts
	}
	if count > 0 {
		err = p.writeClients(s, count)
	}
	return p, err
}

// writeClients writes a certificate for each of user1 and on, and the accounts
// that use them.
func (p *papers) writeClients(s *simulator.Server, count int) error {
	var rows strings.Builder
	rows.WriteString("user,password,client_id,client_secret,inactive_client_id,inactive_client_secret,client_cert,client_key\n")
	for n := 1; n <= count; n++ {
		user := fmt.Sprintf("user%d", n)
		cert, key, err := s.IssueClientCertificate(user)
		if err != nil {
			return err
		}
		certFile, keyFile := filepath.Join(p.dir, user+".pem"), filepath.Join(p.dir, user+".key")
		err = errors.Join(os.WriteFile(certFile, cert, 0o644), os.WriteFile(keyFile, key, 0o600))
		if err != nil {
			return fmt.Errorf("certificates: %w", err)
		}
		fmt.Fprintf(&rows, "%s,pw%d,key%d,secret%d,inactive%d,secret%d,\"%s\",\"%s\"\n", user, n, n, n, n, n, certFile, keyFile)
	}
	p.accounts = filepath.Join(p.dir, "accounts.csv")
	return os.WriteFile(p.accounts, []byte(rows.String()), 0o600)
}

// simulatorAccounts reads the accounts of --accounts.
func (v *values) simulatorAccounts() []simulator.Account {
	name := v.c.String("accounts")
	if name == "" {
		return nil
	}
	list, err := readAccounts(name)
	if err != nil {
		v.problems = append(v.problems, err)
	}
	return list
}

func readAccounts(name string) ([]simulator.Account, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	defer f.Close()
	list, err := accounts.ReadCSV(f, name, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	columns, _ := accounts.Resolve(list, []string{accounts.User, accounts.Password, accounts.ClientID, accounts.ClientSecret})
	out := make([]simulator.Account, list.Count())
	var scratch accounts.Scratch
	for i := range out {
		f := list.Fields(i, columns, &scratch)
		out[i] = simulator.Account{User: string(f[0]), Password: string(f[1]), ClientID: string(f[2]), ClientSecret: string(f[3])}
	}
	return out, nil
}

// announcement says where the simulator is and how it is driven.
type announcement struct {
	address string
	papers  papers
	metrics string // URL of its own metrics; empty: none
	seed    uint64
}

// announced is the line of JSON that a script, or authsoak run, reads.
type announced struct {
	Address  string `json:"address"`
	URL      string `json:"url"`
	Seed     uint64 `json:"seed"`
	CA       string `json:"ca,omitempty"`
	Accounts string `json:"accounts,omitempty"`
	Metrics  string `json:"metrics,omitempty"`
}

func (a announcement) url() string {
	if a.papers.ca != "" {
		return "https://" + a.address
	}
	return "http://" + a.address
}

func (a announcement) writeJSON(w io.Writer) error {
	return json.NewEncoder(w).Encode(announced{
		Address: a.address, URL: a.url(), Seed: a.seed, CA: a.papers.ca, Accounts: a.papers.accounts, Metrics: a.metrics,
	})
}

// examples are one way into each product.
var examples = []struct{ about, target, path, rest string }{
	{"ALM Octane", "octane", "", "--accounts 'user{n}:pw{n}:1000'"},
	{"ALM / Quality Center", "alm", "", "--method api-key --accounts 'key{n}:secret{n}:1000'"},
	{"Junos Space", "space", "", "--accounts 'user{n}:pw{n}:1000'"},
	{"LoadRunner Enterprise", "lre@2023", "/lre-2023", "--method client-key --accounts 'I_KEY_{n}:S_KEY_{n}:1000'"},
	{"the same, before 2020", "lre@pre-2020", "/lre-pre-2020", "--accounts 'user{n}:pw{n}:1000'"},
	{"a server of one's own", "acme", "", "--accounts 'user{n}:pw{n}:1000'"},
}

func (a announcement) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "simulator at %s (seed %d)\n", a.url(), a.seed)
	if a.metrics != "" {
		fmt.Fprintf(&b, "its own metrics at %s\n", a.metrics)
	}
	trust := ""
	if a.papers.ca != "" {
		trust = " --ca " + a.papers.ca
	}
	for _, e := range examples {
		fmt.Fprintf(&b, "\n%s\n  authsoak run --target %s=%s%s %s%s\n", e.about, e.target, a.url(), e.path, e.rest, trust)
	}
	if a.papers.accounts != "" {
		fmt.Fprintf(&b, "\nwith client certificates\n  authsoak run --target space=%s --method x509 --accounts %s%s\n", a.url(), a.papers.accounts, trust)
	}
	b.WriteString("\nCtrl-C ends it.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// writeStats prints what the simulator has seen.
func writeStats(w io.Writer, s simulator.Stats, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(s)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nproduct\trequests\tlogins\trefused\tlogouts\texpired\tlive\tpeak\t")
	for _, f := range []struct {
		name string
		simulator.FamilyStats
	}{{"octane", s.Octane}, {"alm", s.ALM}, {"space", s.Space}, {"lre", s.LRE}, {"acme", s.Acme}} {
		if f.Requests > 0 {
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", f.name, f.Requests, f.Logins, f.Refused, f.Logouts, f.Expired, f.Live, f.Peak)
		}
	}
	fmt.Fprintf(t, "total\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.Requests, s.Logins, s.Refused, s.Logouts, s.Expired, s.Live, s.Peak)
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d connections, %d of them unreadable\n", s.Connections, s.Unreadable)
	return err
}
