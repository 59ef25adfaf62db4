package calibration

import (
	"os"
	"sync"
)

// processor is the model of this machine's processors; empty where the system
// doesn't tell.
var processor = sync.OnceValue(func() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	return modelOf(string(text))
})
