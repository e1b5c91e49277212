/// The way in which the lines of a recording become messages.
package enum RecordingFormat: Sendable {
    /// A column of a table, and the quantity that it holds.
    package struct Column: Sendable {
        package var name: String
        package var quantity: String

        package init(_ name: String, as quantity: String) {
            self.name = name
            self.quantity = quantity
        }
    }

    /// CSV with the header `time,device,quantity,value`: one value a line.
    ///
    /// Consecutive lines with the same time and device become one message of the profile `generic-json`.
    case values
    /// CSV of one device: the first column is the time, and each line becomes one message of the profile
    /// `generic-json`.
    ///
    /// An empty field is a missing value. Columns that are not listed are ignored.
    case table(device: String, columns: [Column])
    /// JSON lines: each line is the payload of one message.
    ///
    /// - Parameters:
    ///   - topic: may name members of the payload, as in `openeew/{device_id}/acceleration`.
    ///   - time: the member that says when the message was published: seconds since 1970, or RFC 3339.
    case payloads(topic: String, time: String)
}
