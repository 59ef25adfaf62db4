package calibration

import "golang.org/x/sys/unix"

// processor is the model of this machine's processors; empty where the system
// doesn't tell.
func processor() string {
	model, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return model
}
