package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// File is a parsed document that can report positions. It is immutable.
type File struct {
	Name     string
	root     *node    // nil: an empty document
	problems Problems // of structure; Decode reports them with its own
}

// Parse reads one YAML document. The error, a [Problems], tells that the text
// is no YAML at all; everything else is left to [File.Decode], so that it is
// reported together.
func Parse(name string, data []byte) (*File, error) {
	f := &File{Name: name}
	if len(data) > MaxBytes {
		return nil, Problems{f.at(0, 0, "", fmt.Sprintf("has %d bytes, more than the limit of %d", len(data), MaxBytes), "")}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithV4Defaults(),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(4*maxDepth), loaderlimits.AliasNone())))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var doc yaml.Node
	if err := loader.Load(&doc); errors.Is(err, io.EOF) {
		return f, nil
	} else if err != nil {
		return nil, Problems{f.syntax(err, data)}
	}
	b := builder{file: f}
	if len(doc.Content) > 0 {
		f.root = b.build(doc.Content[0], "", 0)
	}
	var second yaml.Node
	if err := loader.Load(&second); err == nil {
		f.problems = append(f.problems, f.at(second.Line, second.Column, "", "a second document begins here: a file holds one", ""))
	} else if !errors.Is(err, io.EOF) {
		return nil, Problems{f.syntax(err, data)}
	}
	return f, nil
}

// syntax turns the library's error into a problem.
func (f *File) syntax(err error, data []byte) Problem {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return f.at(0, 0, "", err.Error(), "")
	}
	message := le.Message
	if le.ContextMsg != "" {
		message = le.ContextMsg + ": " + message
		if le.ContextMark.Line > 0 && le.ContextMark.Line != le.Mark.Line {
			message += fmt.Sprintf(" (it began in line %d)", le.ContextMark.Line)
		}
	}
	line, col := le.Mark.Line, le.Mark.Column
	if line == 0 { // the reader counts bytes only
		before := data[:min(max(le.Mark.Index, 0), len(data))]
		line = 1 + bytes.Count(before, []byte("\n"))
		col = 1 + len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:])))
	}
	return f.at(line, col, "", message, "")
}

func (f *File) at(line, col int, path, message, hint string) Problem {
	return Problem{Position{f.Name, line, col}, path, message, hint}
}

// Empty tells that the file holds no value.
func (f *File) Empty() bool { return f.root == nil || f.root.null }

// Has tells whether the document holds a value at that path.
func (f *File) Has(path string) bool {
	_, _, found := f.find(path)
	return found
}

// Problem makes a problem at that path: the place of the value when it is a
// single one, of its key when it is a list or mapping, and of the nearest
// ancestor that exists when the path doesn't.
func (f *File) Problem(path, message, hint string) Problem {
	line, col, _ := f.find(path)
	return f.at(line, col, path, message, hint)
}

// KeyProblem makes a problem at the key of that path, for a key that should
// not be there.
func (f *File) KeyProblem(path, message, hint string) Problem {
	parts := split(path)
	if len(parts) == 0 {
		return f.Problem(path, message, hint)
	}
	n := f.root
	for _, part := range parts[:len(parts)-1] {
		if n, _, _ = n.child(part); n == nil {
			return f.Problem(path, message, hint)
		}
	}
	if _, line, col := n.child(parts[len(parts)-1]); line > 0 {
		return f.at(line, col, path, message, hint)
	}
	return f.Problem(path, message, hint)
}

func (f *File) find(path string) (line, col int, found bool) {
	line, col = 1, 1
	if f.root == nil {
		return line, col, false
	}
	n := f.root
	line, col = n.line, n.col
	for _, part := range split(path) {
		next, l, c := n.child(part)
		if next == nil {
			return line, col, false
		}
		if n, line, col = next, l, c; n.kind == scalar && !n.null {
			line, col = n.line, n.col
		}
	}
	return line, col, true
}

// child returns the value of that key or index and where its key stands.
func (n *node) child(part string) (value *node, line, col int) {
	if n == nil {
		return nil, 0, 0
	}
	if n.kind == list {
		i, err := strconv.Atoi(part)
		if err != nil || i < 0 || i >= len(n.items) {
			return nil, 0, 0
		}
		return n.items[i], n.items[i].line, n.items[i].col
	}
	if e := n.entry(part); e != nil {
		return e.value, e.line, e.col
	}
	return nil, 0, 0
}

// join adds a key to a path; a key that could be read as a path is quoted.
func join(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\"\\\n") {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// split takes a path apart; what follows a part it can't read is one part.
func split(path string) []string {
	var parts []string
	for path != "" {
		if path[0] == '.' {
			path = path[1:]
			continue
		}
		if path[0] != '[' {
			n := strings.IndexAny(path, ".[")
			if n < 0 {
				n = len(path)
			}
			parts, path = append(parts, path[:n]), path[n:]
			continue
		}
		inner := path[1:]
		if quoted, err := strconv.QuotedPrefix(inner); err == nil {
			key, _ := strconv.Unquote(quoted)
			parts, path = append(parts, key), strings.TrimPrefix(inner[len(quoted):], "]")
			continue
		}
		index, rest, _ := strings.Cut(inner, "]")
		parts, path = append(parts, index), rest
	}
	return parts
}
