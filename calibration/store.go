package calibration

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"authsoak/results"
)

// File is where the calibration of this machine is kept.
func File() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "authsoak", "calibration.json"), nil
}

// ErrStale is the error of a calibration that holds for another machine or build.
var ErrStale = errors.New("measured on another machine, or by another build")

// Load reads the calibration of that file. It must hold for the machine and the
// build here, which must be known, or the error is [ErrStale]; where there is none, it is [fs.ErrNotExist].
func Load(file string, here results.Machine) (*results.Calibration, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := &results.Calibration{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("calibration %s: %w: authsoak calibrate makes it anew", file, err)
	}
	if c.Schema != results.CalibrationSchema || c.On != here || here.Build == "" {
		return nil, ErrStale
	}
	return c, nil
}

// Save writes the calibration, whole or not at all.
func Save(file string, c *results.Calibration) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), "calibration-*.json")
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(text, '\n'))
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(temporary.Name())))
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Merge keeps from an earlier calibration of the same machine what a later one did
// not measure.
func Merge(earlier, later *results.Calibration) *results.Calibration {
	if earlier == nil || earlier.On != later.On {
		return later
	}
	out := *later
	for _, k := range earlier.Cases {
		if _, ok := later.Ceiling(k.Way); !ok {
			out.Cases = append(out.Cases, k)
		}
	}
	return &out
}
