// Judges a log that write_log wrote, with the libraries of others: judge cases DIRECTORY | judge fsck URL VKEY ORIGIN
// Ends with 0 when all of it holds, else with 1 and what does not.
package main

import (
	"fmt"
	"os"
)

func run(arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "cases":
		return judgeCases(arguments[1])
	case len(arguments) == 4 && arguments[0] == "fsck":
		return judgeTiles(arguments[1], arguments[2], arguments[3])
	}
	return fmt.Errorf("judge cases DIRECTORY | judge fsck URL VKEY ORIGIN")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
