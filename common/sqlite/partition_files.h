// PartitionFiles: the StoreFactory on disk, for one projection and its tables.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "common/sqlite/frozen_file.h"
#include "common/sqlite/partition_file.h"

namespace godwit::sqlite {

struct FilesOptions {
  bool repair = false;   // see DirectoryOptions
  bool rebuild = false;  // see DirectoryOptions
};

template <projection::Projection P, class Tables>
class PartitionFiles final : public projection::StoreFactory {
 public:
  // `readers` must outlive the stores.
  PartitionFiles(std::string data_directory, Readers& readers, P projection = {}, FilesOptions options = {})
      : directory_({.data = std::move(data_directory),
                    .projection = std::string{P::name},
                    .version = P::version,
                    .layout = layout(),
                    .repair = options.repair,
                    .rebuild = options.rebuild,
                    .variant = variant_of(projection)}),
        readers_(readers),
        projection_(std::move(projection)) {}

  std::string directory() const { return directory_.path(); }

  Opened open(const std::string& name, const projection::LogIdentity& log) override {
    auto place = directory_.serving(name, log);
    if (!place) return place.error();
    if (place->frozen) return FrozenFile::open(std::move(*place), readers_);
    return PartitionFile<P, Tables>::open(*place, directory_.identity(log), &readers_, projection_);
  }

  Opened open_next(const std::string& name, const projection::LogIdentity& log) override {
    auto place = directory_.next(name, log);
    if (!place) return place.error();
    return PartitionFile<P, Tables>::open(*place, directory_.identity(log), nullptr, projection_);
  }

  bool has_next(const std::string& name) const override { return directory_.has_next(name); }

  Opened adopt(const std::string& name, const projection::LogIdentity& log) override {
    const auto swapped = directory_.swap(name, log, [](Database& db) {
      if constexpr (requires { Tables::carry_over(db); }) Tables::carry_over(db);
    });
    if (!swapped) return swapped.error();
    return open(name, log);
  }

 private:
  static constexpr int layout() {
    if constexpr (requires { Tables::layout; }) return Tables::layout;
    return 1;
  }

  static std::string variant_of(const P& projection) {
    if constexpr (requires { projection.variant(); }) return projection.variant();
    return {};
  }

  PartitionDirectory directory_;
  Readers& readers_;
  P projection_;
};

}  // namespace godwit::sqlite
