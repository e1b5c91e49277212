internal import AlarmModel

/// Writes a value as one JSON object on a line, with its keys in order, for tools.
///
/// No character in it steers a terminal. Keys are in camel case, as in `acknowledgedBy`. Values that name a kind have
/// hyphens, as in `no-data`. Times are RFC 3339 in UTC.
enum JSONText {
    static func line(_ value: some Encodable) -> String { CanonicalJSON.text(value) }
}
