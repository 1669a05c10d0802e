package scenarios

// Level is how hard a check judges.
type Level string

const (
	// Required is what the contract's page settles: a failure fails the run.
	Required Level = "required"
	// Recommended is good practice: a failure is shown and fails nothing.
	Recommended Level = "recommended"
)
