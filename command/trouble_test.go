package command

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

func TestDistinct(t *testing.T) {
	full := func(name string) error {
		return &fs.PathError{Op: "write", Path: "runs/a/" + name, Err: syscall.ENOSPC}
	}
	other := errors.New("the server is gone")
	noSpace := syscall.ENOSPC.Error()
	const advice = ": make room there, or choose another place with --out"
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"nothing", nil, ""},
		{"one", other, "the server is gone"},
		{"one that wraps", fmt.Errorf("target octane: %w", other), "target octane: the server is gone"},
		{"twice the same", errors.Join(other, errors.Join(nil, other)), "the server is gone"},
		{"several under one head", fmt.Errorf("shard 1: %w", errors.Join(other, errors.New("b"), other)), "shard 1: the server is gone\nshard 1: b"},
		{"a head that says more", fmt.Errorf("(%w)", errors.Join(other, errors.New("b"))), "(the server is gone\nb)"},
		{"a full disk", full("summary.json"), noSpace + " for summary.json" + advice},
		{"a full disk that all met", errors.Join(
			fmt.Errorf("run folder a: %w", errors.Join(full("latency.hlog"), full("latency.hlog"), full("intervals.jsonl"))),
			other, full("latency.hlog"), fmt.Errorf("write runs/a/summary.json: %w", full("summary.json"))),
			"the server is gone\n" + noSpace + " for latency.hlog, intervals.jsonl, summary.json" + advice},
		{"no file", fmt.Errorf("disk space: %w", syscall.ENOSPC), noSpace + " for disk space" + advice},
		{"no room granted", &fs.PathError{Op: "write", Path: "a/b", Err: syscall.EDQUOT}, syscall.EDQUOT.Error() + " for b" + advice},
	} {
		got := distinct(c.err)
		if c.err == nil && got == nil {
			continue
		}
		if got == nil || got.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
		if errors.Is(c.err, syscall.ENOSPC) != errors.Is(got, syscall.ENOSPC) || errors.Is(c.err, other) != errors.Is(got, other) {
			t.Errorf("%s: %v is no longer what it was", c.name, got)
		}
	}
}
