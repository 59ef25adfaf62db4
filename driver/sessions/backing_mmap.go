//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sessions

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// mapping is memory that is the file: a store instruction is all it takes to
// enter a session in the ledger.
type mapping struct {
	file *os.File // nil: memory only

	mu    sync.Mutex
	parts [][]byte
	size  int64
}

func openBacking(path string) (backing, error) {
	if path == "" {
		return &mapping{}, nil
	}
	f, err := createFile(path)
	if err != nil {
		return nil, err
	}
	m := &mapping{file: f}
	if err := m.reserve(0, headerBytes); err != nil {
		return nil, errors.Join(err, m.close(true))
	}
	// Some network and passthrough file systems have no shared mappings.
	if _, err := m.segment(0, headerBytes); errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL) {
		return &writeThrough{file: f}, nil
	}
	return m, nil
}

func (m *mapping) segment(at, size int64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var mem []byte
	var err error
	if m.file == nil {
		mem, err = unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	} else {
		if m.size < at+size {
			if err := m.file.Truncate(at + size); err != nil {
				return nil, err
			}
			m.size = at + size
		}
		mem, err = unix.Mmap(int(m.file.Fd()), at, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err != nil {
		return nil, fmt.Errorf("mapping %d bytes: %w", size, err)
	}
	m.parts = append(m.parts, mem)
	return mem, nil
}

func (m *mapping) reserve(at, size int64) error {
	if m.file == nil {
		return nil
	}
	return allocate(m.file, at, size)
}

func (m *mapping) through() bool             { return false }
func (m *mapping) write(int64, []byte) error { return nil }

// sync writes back what changed in the mapped parts, then the file's size. It
// doesn't hold the lock meanwhile: a store that has to grow must not wait for the
// disk.
func (m *mapping) sync() error {
	if m.file == nil {
		return nil
	}
	m.mu.Lock()
	parts := slices.Clone(m.parts)
	m.mu.Unlock()
	for _, p := range parts {
		if err := unix.Msync(p, unix.MS_SYNC); err != nil {
			return err
		}
	}
	return m.file.Sync()
}

func (m *mapping) close(remove bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, p := range m.parts {
		errs = append(errs, unix.Munmap(p))
	}
	m.parts = nil
	if m.file != nil {
		errs = append(errs, closeFile(m.file, remove))
	}
	return errors.Join(errs...)
}
