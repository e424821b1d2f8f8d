// What a partition file says about itself, in its table `meta`. Private to common/sqlite.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/sqlite/partition_directory.h"

namespace godwit::sqlite {

struct FileMeta {
  bool claimed = false;     // somebody's at all; an empty file, left by a crash while it was made, is not
  bool rebuilding = false;  // not to be served
  std::string owner = {};   // "progress v1"
  std::string cluster_id = {};
  std::optional<std::int32_t> partitions = {};
  int layout = 1;
  std::string variant = {};
  std::string schema = {};  // a hash of what its tables were made with

  // Whether it is of this projection, version, layout, variant and log, as far as both are known.
  bool is_of(const FileIdentity& identity) const;
};

// StoreFailure passes through.
FileMeta read_meta(Database& db);
FileMeta read_meta(const std::string& path);  // an absent file is not claimed

// Makes the file `identity`'s and its tables those of `schema`, in one transaction; writes nothing when that
// is so already. Fatal, with the way out, when it is somebody else's.
Status claim(Database& db, const FileIdentity& identity, const std::string& schema, bool rebuilding);

// What a check of the whole file finds; nullopt when it is sound.
std::optional<std::string> find_damage(const std::string& path);

// The one commit of a swap. `old` may be empty.
void make_serving(Database& db, const std::string& old, const std::function<void(Database&)>& carry);

}  // namespace godwit::sqlite
