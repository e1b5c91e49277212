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
            guard stat(place, &status) != 0 || (status.st_mode & S_IFMT != S_IFDIR && access(place, R_OK) != 0), errno == EACCES else {
                continue
            }
            // What cannot be looked at is refused by the folder that it is in.
            let refusing = stat(place, &status) == 0 ? place : folder
            guard stat(refusing, &status) == 0, let group = getgrgid(status.st_gid), let name = group.pointee.gr_name else { return nil }
            let groupName = String(cString: name)
            return
                "\(refusing) may be read by members of the group '\(groupName)': have yourself added (sudo adduser NAME \(groupName)), and log in again"
        }
        return nil
    }
}
