// Files as descriptors with errors as values: the few calls that checksum and directory copy need, and the
// folder temporary files live in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/descriptor.h"
#include "common/base/result.h"

namespace godwit::worker {

inline constexpr std::size_t file_chunk_bytes = 1 << 20;

struct OpenFile {
  Descriptor descriptor;
  std::int64_t bytes = 0;  // its size when opened
};

// Messages are "<path>: <reason>".
Result<OpenFile> open_for_reading(const std::string& path);
Result<Descriptor> create_for_writing(const std::string& path);
Result<std::size_t> read_chunk(const Descriptor& file, std::vector<char>& buffer);  // 0 at the end
Status write_all(const Descriptor& file, std::string_view bytes);
Status sync(const Descriptor& file);
Result<std::int64_t> file_bytes(const std::string& path);

// A folder of its own, with everything in it removed at the end of its life.
class Workspace {
 public:
  // Makes `<parent>/godwit-worker-XXXXXX`, readable by its owner alone.
  static Result<Workspace> create(const std::string& parent);
  Workspace(Workspace&& other) noexcept;
  Workspace& operator=(Workspace&&) = delete;
  ~Workspace();

  std::string path(std::string_view name) const;

 private:
  explicit Workspace(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;  // empty once moved from
};

}  // namespace godwit::worker
