package settings

// What the schema says of names, as the checks have it.
var (
	StackNamePart = stackNamePart
	TagKey        = tagKey
	TagValue      = tagValue
)

const (
	MaxStackName = maxStackName
	MaxTags      = maxTags
)
