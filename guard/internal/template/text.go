package template

import (
	"encoding/json"
	"strings"
)

// Text is a string of parts, like arn:aws:sqs:us-east-1:111111111111: and the name
// of a queue of the template. One that is wholly unknown may be no string at all,
// as a list parameter.
type Text []Part

// A Part of a Text.
type Part struct {
	Kind Kind
	// Literal text, the name of a pseudo parameter, or what tells the part apart
	// from others.
	Text string
	// Of an Attribute: the resource, and "Ref" or the attribute's name.
	Resource, Attribute string
}

// ID identifies the resource that an Attribute is of, among all templates.
func (p Part) ID() string { return p.Text + " " + p.Resource }

// A Kind of part.
type Kind int

// The kinds of parts.
const (
	Literal   Kind = iota
	Pseudo         // a pseudo parameter, which is one value in one stack
	Attribute      // of a resource of the template, or of a parent's
	Import         // an output of another stack
	Unknown        // another value in another deployment
)

// OneOf holds the entries of a mapping, or the elements of a list, of which one is
// chosen at deployment.
type OneOf []any

// Marks stand for parts in the text that Text.Marked returns. They are of Unicode's
// private use area.
const (
	AccountMark = "\uE000" // AWS::AccountId
	PseudoMark  = "\uE001" // another pseudo parameter
	PartMark    = "\uE002" // an attribute or import
	UnknownMark = "\uE003"
)

// Marked is the text with marks in the place of parts that are no literals.
func (t Text) Marked() string {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.Kind == Literal:
			b.WriteString(p.Text)
		case p.Kind == Pseudo && p.Text == "AWS::AccountId":
			b.WriteString(AccountMark)
		case p.Kind == Pseudo:
			b.WriteString(PseudoMark)
		case p.Kind == Unknown:
			b.WriteString(UnknownMark)
		default:
			b.WriteString(PartMark)
		}
	}
	return b.String()
}

// Whole is the part of a text that has only one, like an attribute.
func (t Text) Whole() (Part, bool) {
	if len(t) != 1 {
		return Part{}, false
	}
	return t[0], true
}

// String is the value if it is a literal string, the same in every deployment.
func String(value any) (string, bool) {
	text, ok := value.(Text)
	if !ok || len(text) > 1 || len(text) == 1 && text[0].Kind != Literal {
		return "", false
	}
	if len(text) == 0 {
		return "", true
	}
	return text[0].Text, true
}

// IsUnknown reports whether nothing is known of the value.
func IsUnknown(value any) bool {
	text, _ := value.(Text)
	whole, ok := text.Whole()
	return ok && whole.Kind != Literal
}

// Alternatives are what the value can be: those of OneOf, or the value alone.
func Alternatives(value any) []any {
	if entries, ok := value.(OneOf); ok {
		return entries
	}
	return []any{value}
}

// listOf is the value as the list that it may be.
func listOf(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

// Elements are those of a list, or a lone value as if it were a list of one. They
// include all alternatives of a OneOf, and no nil.
func Elements(value any) []any {
	var elements []any
	for _, element := range listOf(value) {
		for _, alternative := range Alternatives(element) {
			if inner, ok := alternative.([]any); ok {
				elements = append(elements, Elements(inner)...)
			} else if alternative != nil {
				elements = append(elements, alternative)
			}
		}
	}
	return elements
}

// Certain are the elements without those of which one is chosen at deployment.
func Certain(value any) []any {
	var elements []any
	for _, element := range listOf(value) {
		if _, chosen := element.(OneOf); !chosen && element != nil {
			elements = append(elements, element)
		}
	}
	return elements
}

func literal(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{{Kind: Literal, Text: unmarked.Replace(text)}}
}

// unmarked keeps marks out of literals, where they mean nothing.
var unmarked = strings.NewReplacer(AccountMark, "\uFFFD", PseudoMark, "\uFFFD", PartMark, "\uFFFD", UnknownMark, "\uFFFD")

// unknown is a part that stands for what is written, and for nothing else.
func unknown(raw any) Text {
	text, err := json.Marshal(raw)
	if err != nil {
		panic(err) // it was JSON
	}
	return Text{{Kind: Unknown, Text: string(text)}}
}

// dynamic is the start of a dynamic reference, which is resolved at deployment.
const dynamic = "{{resolve:"

// join makes one text of several. From a dynamic reference on nothing is known.
func join(texts ...Text) Text {
	joined := Text{}
	for _, text := range texts {
		for _, p := range text {
			last := len(joined) - 1
			switch {
			case p.Kind == Literal && p.Text == "":
			case p.Kind == Literal && last >= 0 && joined[last].Kind == Literal:
				joined[last].Text += p.Text
			default:
				joined = append(joined, p)
			}
		}
	}
	for i, p := range joined {
		if p.Kind != Literal {
			continue
		}
		if before, _, ok := strings.Cut(p.Text, dynamic); ok {
			rest := Part{Kind: Unknown, Text: joined[i:].Marked()}
			return append(join(joined[:i:i], literal(before)), rest)
		}
	}
	return joined
}
