#include "common/service/instance_id.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "common/base/uuid.h"

namespace godwit::service {

Result<std::string> kept_instance_id(const std::string& directory, const Clock& clock) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const std::filesystem::path path = std::filesystem::path{directory} / "instance-id";
  std::string id;
  if (std::ifstream in{path}; in >> id && !id.empty()) return id;
  id = make_uuid_v7(clock.now());
  // Written aside and renamed, so that a crash leaves a whole file or none.
  const std::filesystem::path draft = path.string() + ".tmp";
  std::ofstream out{draft};
  out << id << '\n';
  out.close();
  if (out) std::filesystem::rename(draft, path, error);
  if (!out || error)
    return fatal_error(fmt::format("cannot write {}: the data directory must be writable", path.string()));
  return id;
}

}  // namespace godwit::service
