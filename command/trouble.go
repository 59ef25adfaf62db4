package command

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// distinct returns err with each problem once, however many writers met it; nil
// for nil. A full disk is one problem, with the names of the files that it cut
// short and with what to do.
func distinct(err error) error {
	var list []error
	var cut []string
	var seen []string
	var full error
	for _, e := range problemsOf(err) {
		if reason := fullDisk(e); reason != nil {
			full = reason
			if name := fileOf(e, reason); name != "" && !slices.Contains(cut, name) {
				cut = append(cut, name)
			}
			continue
		}
		if !slices.Contains(seen, e.Error()) {
			seen, list = append(seen, e.Error()), append(list, e)
		}
	}
	if full != nil {
		what := ""
		if len(cut) > 0 {
			what = " for " + strings.Join(cut, ", ")
		}
		list = append(list, fmt.Errorf("%w%s: make room there, or choose another place with --out", full, what))
	}
	return errors.Join(list...)
}

// problemsOf takes an error that joins several apart. Each keeps what was said
// before all of them.
func problemsOf(err error) (list []error) {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, problemsOf(e)...)
		}
		return list
	}
	inner := errors.Unwrap(err)
	parts := problemsOf(inner)
	if len(parts) < 2 {
		return []error{err}
	}
	before, ok := strings.CutSuffix(err.Error(), inner.Error())
	if !ok {
		return []error{err} // taken apart it would say something else
	}
	for _, e := range parts {
		list = append(list, fmt.Errorf("%s%w", before, e))
	}
	return list
}

// fullDisk returns the reason if err comes of there being no room left, or of
// none being granted.
func fullDisk(err error) error {
	for _, reason := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, reason) {
			return reason
		}
	}
	return nil
}

// fileOf names what could not be written.
func fileOf(err, reason error) string {
	if path := new(fs.PathError); errors.As(err, &path) {
		return filepath.Base(path.Path)
	}
	before, _ := strings.CutSuffix(err.Error(), reason.Error())
	return strings.TrimSuffix(before, ": ")
}
