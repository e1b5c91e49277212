import Foundation

/// What a person has to do who may not reach a file: operators are members of the gateway's group.
enum GroupHint {
    /// - Returns: `nil` where nothing on the way to the file refuses this user.
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
            // What cannot be looked at is refused by the folder that it is in.
            let refusing = stat(place, &status) == 0 ? place : folder
            guard stat(refusing, &status) == 0 else { return nil }
            let isOpenToGroup = status.st_mode & 0o040 != 0 && status.st_gid != 0
            guard isOpenToGroup, let group = getgrgid(status.st_gid), let name = group.pointee.gr_name else {
                return
                    "\(refusing) may be read by its owner alone: work as that user, or ask who looks after this machine"
            }
            let groupName = String(cString: name)
            return
                "\(refusing) may be read by members of the group '\(groupName)': have yourself added (sudo adduser NAME \(groupName)), and log in again"
        }
        return nil
    }
}
