package accounts

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"authsoak/spelling"
)

// maxFaults is how many mistakes of one file are shown; the rest is counted.
const maxFaults = 20

// Faults are the mistakes of an accounts file, one a line, each with the file's
// name, its line and, where there is one, the column's name. What a cell holds
// is never shown.
type Faults struct {
	Lines []string // at most 20
	More  int      // that were not kept
}

// Error returns one mistake a line.
func (f *Faults) Error() string {
	text := strings.Join(f.Lines, "\n")
	if f.More > 0 {
		text += fmt.Sprintf("\nand %d more", f.More)
	}
	return text
}

func (f *Faults) add(text string) {
	if len(f.Lines) == maxFaults {
		f.More++
		return
	}
	f.Lines = append(f.Lines, text)
}

// ReadCSV reads accounts from a file of comma-separated values as RFC 4180 has
// it, of either kind of line end, with or without a byte order mark. The first
// row names the columns: user, password, client_id, client_secret, tenant,
// client_cert, client_key, and any other that a profile asks for. Values are
// taken as they stand, spaces included, but for ${env:NAME}, which becomes the
// variable's value. All mistakes are reported at once, as [*Faults].
func ReadCSV(r io.Reader, name string, env func(string) (string, bool)) (*List, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\ufeff")) {
		buffered.Discard(3)
	}
	in := &reading{name: name, env: env, csv: csv.NewReader(buffered)}
	in.csv.FieldsPerRecord = -1
	in.csv.ReuseRecord = true
	if err := in.header(); err != nil {
		return nil, err
	}
	for {
		row, err := in.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err := in.add(row, err); err != nil {
			return nil, err
		}
	}
	if len(in.faults.Lines) == 0 && in.list.Count() == 0 {
		in.faults.add(name + ": holds no account, only the names of columns")
	}
	if len(in.faults.Lines) > 0 {
		return nil, &in.faults
	}
	in.list.data = slices.Clip(in.list.data)
	in.list.ends = slices.Clip(in.list.ends)
	return &in.list, nil
}

// reading is the work of one ReadCSV.
type reading struct {
	name   string
	env    func(string) (string, bool)
	csv    *csv.Reader
	list   List
	faults Faults
}

func (in *reading) fault(line int, format string, args ...any) {
	in.faults.add(fmt.Sprintf("%s:%d: ", in.name, line) + fmt.Sprintf(format, args...))
}

// header reads the names of the columns. A name that is none is not shown: the
// file may have no header, and then it is somebody's password.
func (in *reading) header() error {
	row, err := in.csv.Read()
	if errors.Is(err, io.EOF) {
		in.faults.add(in.name + ": is empty: the first row names the columns, user,password for example")
		return &in.faults
	}
	if err != nil {
		return in.broken(err)
	}
	line, _ := in.csv.FieldPos(0)
	anyKnown := false
	for i, cell := range row {
		column := strings.TrimSpace(cell)
		near := spelling.Nearest(column, known)
		switch {
		case column == "":
			in.fault(line, "column %d has no name", i+1)
		case !utf8.ValidString(column):
			in.fault(line, "column %d: the name is not valid UTF-8", i+1)
		case slices.Contains(in.list.columns, column):
			in.fault(line, "column %d has the name of column %d", i+1, slices.Index(in.list.columns, column)+1)
		case near != "" && !slices.Contains(known, column):
			in.fault(line, "column %d has an unknown name: did you mean %q?", i+1, near)
			anyKnown = true
		}
		anyKnown = anyKnown || slices.Contains(known, column)
		in.list.columns = append(in.list.columns, strings.Clone(column))
	}
	if !anyKnown {
		in.fault(line, "the first row must name the columns: none of them is %s", strings.Join(known, ", "))
		return &in.faults
	}
	return nil
}

// broken tells an error of the file system from one of the text.
func (in *reading) broken(err error) error {
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	switch {
	case errors.Is(bad.Err, csv.ErrBareQuote):
		in.fault(bad.Line, `a " stands in a value without quotes: put the value in quotes and write "" for each`)
	case bad.Line != bad.StartLine:
		in.fault(bad.StartLine, "a quote that opens here is not closed as it should be (read up to line %d)", bad.Line)
	default:
		in.fault(bad.Line, "a quoted value doesn't end where its quote closes")
	}
	return &in.faults
}

// add stores one row, or its mistakes. The error is one that ends the reading.
func (in *reading) add(row []string, err error) error {
	if err != nil {
		if err = in.broken(err); err != error(&in.faults) {
			return err
		}
		return nil
	}
	line, _ := in.csv.FieldPos(0)
	if len(row) != len(in.list.columns) {
		in.fault(line, "has %d values, but there are %d columns", len(row), len(in.list.columns))
		return nil
	}
	for i, cell := range row {
		if HasReference(cell) {
			value, err := Expand(cell, in.env)
			if err != nil {
				in.fault(line, "column %s: %s", in.list.columns[i], strings.ReplaceAll(err.Error(), "\n", ", "))
			}
			cell = value
		}
		if !utf8.ValidString(cell) {
			in.fault(line, "column %s: is not valid UTF-8", in.list.columns[i])
		}
		if len(in.faults.Lines) > 0 {
			continue
		}
		in.list.data = append(in.list.data, cell...)
		in.list.ends = append(in.list.ends, uint32(len(in.list.data)))
	}
	if len(in.list.data) > math.MaxUint32 {
		return fmt.Errorf("%s:%d: holds more than 4 GiB", in.name, line)
	}
	if in.list.Count() > maxGenerated {
		return fmt.Errorf("%s:%d: holds more than %d accounts", in.name, line, maxGenerated)
	}
	return nil
}
