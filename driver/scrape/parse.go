package scrape

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Limits of an exposition: a server with more has more than any of ours could
// mean, and whoever sends more has no server.
const (
	maxBytes = 64 << 20
	maxLine  = 1 << 20
)

// Parse reads an exposition in the text format of Prometheus and returns the
// metrics that are wanted, summed over their labels: jvm_memory_used_bytes is the
// memory of all areas. NaN and values without end are left out, as is −1, by which
// some exporters say that there is no limit. The error names the line.
func Parse(r io.Reader, wanted func(name []byte) bool) (map[string]float64, error) {
	out := map[string]float64{}
	in := bufio.NewScanner(io.LimitReader(r, maxBytes))
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	number := 0
	for in.Scan() {
		number++
		line := bytes.Trim(in.Bytes(), " \t\r")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		name, value, err := sample(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if !wanted(name) || math.IsNaN(value) || math.IsInf(value, 0) || value == -1 {
			continue
		}
		out[string(name)] += value
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	return out, nil
}

var (
	errName   = errors.New("no name of a metric")
	errLabels = errors.New(`no labels of the form {name="value",…}`)
	errValue  = errors.New("no number after the name")
)

// sample reads name{labels} value [timestamp].
func sample(line []byte) (name []byte, value float64, err error) {
	end := nameEnd(line, true)
	if end == 0 {
		return nil, 0, errName
	}
	name = line[:end]
	rest := bytes.TrimLeft(line[end:], " \t")
	if len(rest) > 0 && rest[0] == '{' {
		if rest, err = labels(rest[1:]); err != nil {
			return nil, 0, err
		}
	} else if end < len(line) && line[end] != ' ' && line[end] != '\t' {
		return nil, 0, errName
	}
	fields := bytes.Fields(rest)
	if len(fields) < 1 || len(fields) > 2 {
		return nil, 0, errValue
	}
	if value, err = strconv.ParseFloat(string(fields[0]), 64); err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, 0, errValue
	}
	if len(fields) == 2 {
		if _, err := strconv.ParseInt(string(fields[1]), 10, 64); err != nil {
			return nil, 0, fmt.Errorf("%q is no timestamp in milliseconds", fields[1])
		}
	}
	return name, value, nil
}

// nameEnd returns how long the name at the start of b is. Only metrics may have
// colons in theirs.
func nameEnd(b []byte, metric bool) int {
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || metric && c == ':':
		case c >= '0' && c <= '9' && i > 0:
		default:
			return i
		}
	}
	return len(b)
}

// labels skips those after an opening brace and returns what follows them.
func labels(b []byte) ([]byte, error) {
	for {
		b = bytes.TrimLeft(b, " \t")
		if len(b) > 0 && b[0] == '}' {
			return b[1:], nil
		}
		end := nameEnd(b, false)
		if end == 0 {
			return nil, errLabels
		}
		b = bytes.TrimLeft(b[end:], " \t")
		if len(b) == 0 || b[0] != '=' {
			return nil, errLabels
		}
		b = bytes.TrimLeft(b[1:], " \t")
		if len(b) == 0 || b[0] != '"' {
			return nil, errLabels
		}
		end = quoteEnd(b[1:])
		if end < 0 {
			return nil, errLabels
		}
		b = bytes.TrimLeft(b[end+2:], " \t")
		if len(b) > 0 && b[0] == ',' {
			b = b[1:]
		} else if len(b) == 0 || b[0] != '}' {
			return nil, errLabels
		}
	}
}

// quoteEnd returns where a quoted text ends, -1 if nowhere.
func quoteEnd(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
