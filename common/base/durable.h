// Files that must outlive a power cut: written whole, or not there. Errors are `transient` and name the path.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace godwit {

// What was written to the file, by whoever, is on the disk.
Status sync_file(const std::string& path);
// So are the names in the directory.
Status sync_directory(const std::string& path);
// Gives the synced file `from` the name `to`, in the same directory, in place of what has it.
Status rename_durably(const std::string& from, const std::string& to);
// A file of these bytes, with this mode, in place of what had the name: through `path`.part.
Status write_durably(const std::string& path, std::string_view bytes, unsigned mode = 0640);

}  // namespace godwit
