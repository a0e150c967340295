package spec

// A Note is a remark on what Check takes, for synthesis to say.
type Note struct {
	ID   string // by which CDK lets a user acknowledge it
	Text string // sentences
}
