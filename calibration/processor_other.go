//go:build !linux && !darwin

package calibration

import "os"

// processor is the model of this machine's processors, which Windows tells in the
// environment; empty where the system doesn't tell.
func processor() string { return os.Getenv("PROCESSOR_IDENTIFIER") }
