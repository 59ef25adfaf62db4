package accounts

import "fmt"

// List is accounts in memory: all values in one block, no pointer an account.
type List struct {
	columns []string
	data    []byte
	// ends[i] is where value i ends in data; value 0 begins at 0. A row's
	// values follow each other in the order of columns.
	ends []uint32
}

// Columns returns the names of the columns.
func (l *List) Columns() []string { return l.columns }

// Count returns the number of accounts.
func (l *List) Count() int {
	if len(l.columns) == 0 {
		return 0
	}
	return len(l.ends) / len(l.columns)
}

// Fields implements [Source]. The values lie in the list itself.
func (l *List) Fields(i int, columns []int, dst *Scratch) [][]byte {
	fields := dst.reset(len(columns))
	for n, c := range columns {
		if c < 0 {
			fields[n] = nil
			continue
		}
		at := i*len(l.columns) + c
		var from uint32
		if at > 0 {
			from = l.ends[at-1]
		}
		to := l.ends[at]
		fields[n] = l.data[from:to:to]
	}
	return fields
}

// Format prints how many accounts there are, never one of them.
func (l *List) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d accounts]", l.Count()) }
