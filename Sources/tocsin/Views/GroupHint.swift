import Foundation

/// Tells a user who is not allowed to read a file what to do: operators are members of the gateway's group.
enum GroupHint {
    /// - Returns: `nil` if neither the file nor a folder on its path refuses this user.
    static func text(for path: String) -> String? {
        var place = ""
        for part in URL(fileURLWithPath: path).standardizedFileURL.path.split(separator: "/") {
            let folder = place
            place += "/" + part
            var status = stat()
            guard stat(place, &status) != 0 || (status.st_mode & S_IFMT != S_IFDIR && access(place, R_OK) != 0),
                errno == EACCES
            else {
                continue
            }
            // The folder refuses access to an entry that `stat` cannot see.
            let refusing = stat(place, &status) == 0 ? place : folder
            guard stat(refusing, &status) == 0 else { return nil }
            let isOpenToGroup = status.st_mode & 0o040 != 0 && status.st_gid != 0
            guard isOpenToGroup, let group = getgrgid(status.st_gid), let name = group.pointee.gr_name else {
                return
                    "only its owner may read \(refusing): work as that user, or ask the administrator of this machine"
            }
            let groupName = String(cString: name)
            return
                "only members of the group '\(groupName)' may read \(refusing): "
                + "ask to be added (sudo adduser NAME \(groupName)), and log in again"
        }
        return nil
    }
}
