package accounts

import (
	"fmt"
	"slices"
)

// Columns that every endpoint profile knows. A source may have others.
const (
	User         = "user"
	Password     = "password"
	ClientID     = "client_id"
	ClientSecret = "client_secret"
	Tenant       = "tenant"
	ClientCert   = "client_cert"
	ClientKey    = "client_key"
)

var known = []string{User, Password, ClientID, ClientSecret, Tenant, ClientCert, ClientKey}

// Source holds accounts by index. It is immutable and safe for concurrent use.
type Source interface {
	// Columns returns the names of the columns, in order.
	Columns() []string
	// Count returns the number of accounts.
	Count() int
	// Fields returns the values of account i, 0 ≤ i < Count, in the columns
	// with these indices; −1 gives an empty value. What it returns lies in dst
	// or in the source, is not to be changed, and holds until the next call
	// with the same dst. It allocates only while dst grows.
	Fields(i int, columns []int, dst *Scratch) [][]byte
}

// Column returns the index of a source's column, −1 if it has none of that name.
func Column(s Source, name string) int { return slices.Index(s.Columns(), name) }

// Resolve returns the index of each named column, −1 for one that isn't there,
// and the names of those.
func Resolve(s Source, names []string) (columns []int, missing []string) {
	columns = make([]int, len(names))
	for i, name := range names {
		if columns[i] = Column(s, name); columns[i] < 0 {
			missing = append(missing, name)
		}
	}
	return columns, missing
}

// Anonymous is a source of one account that has no columns: for a login that
// needs none of them.
func Anonymous() Source { return anonymous{} }

type anonymous struct{}

func (anonymous) Columns() []string { return nil }
func (anonymous) Count() int        { return 1 }

func (anonymous) Fields(_ int, columns []int, dst *Scratch) [][]byte {
	fields := dst.reset(len(columns))
	clear(fields)
	return fields
}

// Scratch is the memory that [Source.Fields] renders into. It belongs to one
// goroutine; the zero value is ready.
type Scratch struct {
	fields [][]byte
	bytes  []byte
}

// Format prints nothing of what the scratch holds.
func (*Scratch) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[account]") }

// reset makes room for n fields.
func (s *Scratch) reset(n int) [][]byte {
	if cap(s.fields) < n {
		s.fields = make([][]byte, n)
	}
	s.fields = s.fields[:n]
	s.bytes = s.bytes[:0]
	return s.fields
}
