internal import Foundation

/// Names of the system's users.
package enum UserName {
    /// Returns the name of a user; `uid 1000` for a number without a name. May wait for a name service
    /// (nsswitch.conf(5)).
    package static func of(_ number: UInt32) -> String {
        // Several threads may ask at once.
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(number, &entry, &buffer, buffer.count, &found) == 0, let name = found?.pointee.pw_name else {
            return "uid \(number)"
        }
        return String(cString: name)
    }
}
