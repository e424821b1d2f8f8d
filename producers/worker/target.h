// Target: where --target points. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace godwit::worker {

struct Target {
  enum class Kind { directory, http };
  Kind kind = Kind::directory;
  std::string location;   // directory: the absolute path of the file to make; http: the URL to PUT to
  std::string shown_uri;  // the same for people and events: without user info, query and fragment
};

// `file:/dir` and `file:///dir` are directories, the image becomes `<file_name>` in it; an http(s) URL that
// ends in '/' gets the file name appended, any other is taken as it is. `invalid` for anything else.
Result<Target> parse_target(std::string_view url, std::string_view file_name);

// A VM's name as a file name: everything but letters, digits, '.', '_' and '-' becomes '_'.
std::string file_name_of(std::string_view vm_name, std::string_view format);

}  // namespace godwit::worker
