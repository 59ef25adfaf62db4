package sessions

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"
)

// backing is where the store's memory and file come from.
type backing interface {
	// segment extends the file to at+size and returns zeroed memory for that
	// part, which never moves.
	segment(at, size int64) ([]byte, error)
	// reserve claims disk space for a part of the file, so that writing to its
	// memory can't fail.
	reserve(at, size int64) error
	// through tells whether memory reaches the file only by write.
	through() bool
	// write copies b to the file where through, else it does nothing.
	write(at int64, b []byte) error
	// sync waits until the file is on the disk. It may be called beside all but
	// close.
	sync() error
	close(remove bool) error
}

// createFile makes and locks the file. O_EXCL, because the ledger of another run
// may be all that is known of its sessions.
func createFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	// The umask can only take rights away; the file must be ours to read.
	if err = f.Chmod(0o600); err == nil || runtime.GOOS == "windows" {
		err = lockFile(f)
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(path)
		return nil, err
	}
	return f, nil
}

// writeThrough keeps the store in plain memory and copies every change of state
// or jar to the file at once: for systems and file systems without shared
// mappings. A login costs a few system calls there, and a kill still loses
// nothing but the times in the records.
type writeThrough struct {
	file *os.File // nil: memory only
}

func (w *writeThrough) segment(_, size int64) ([]byte, error) {
	words := make([]uint64, size/8) // aligned for atomics, and free of pointers
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size), nil
}

func (w *writeThrough) reserve(int64, int64) error { return nil }

func (w *writeThrough) through() bool { return w.file != nil }

func (w *writeThrough) write(at int64, b []byte) error {
	if w.file == nil {
		return nil
	}
	_, err := w.file.WriteAt(b, at)
	return err
}

func (w *writeThrough) sync() error {
	if w.file == nil {
		return nil
	}
	return w.file.Sync()
}

func (w *writeThrough) close(remove bool) error {
	if w.file == nil {
		return nil
	}
	return closeFile(w.file, remove)
}

// closeFile closes the file, and deletes it first where that is possible, so
// that nobody finds it unlocked.
func closeFile(f *os.File, remove bool) error {
	var err error
	if remove && runtime.GOOS != "windows" {
		err = os.Remove(f.Name())
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if remove && runtime.GOOS == "windows" && err == nil {
		err = os.Remove(f.Name())
	}
	return err
}

// openThrough makes a store that writes through.
func openThrough(path string) (backing, error) {
	if path == "" {
		return &writeThrough{}, nil
	}
	f, err := createFile(path)
	if err != nil {
		return nil, err
	}
	return &writeThrough{file: f}, nil
}

// zeros claims disk space by writing zeros, where nothing better is at hand.
func zeros(f *os.File, at, size int64) error {
	var page [64 << 10]byte
	for n := int64(0); n < size; n += int64(len(page)) {
		if _, err := f.WriteAt(page[:min(int64(len(page)), size-n)], at+n); err != nil {
			return fmt.Errorf("disk space: %w", err)
		}
	}
	return nil
}
