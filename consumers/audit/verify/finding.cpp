#include "consumers/audit/verify/finding.h"

#include <fmt/format.h>

#include <utility>

namespace godwit::audit::verify {

std::string Finding::text() const {
  if (index) return fmt::format("{}: record {}: {}", origin, *index, what);
  if (size) return fmt::format("{}: tree of {}: {}", origin, *size, what);
  return fmt::format("{}: {}", origin, what);
}

void PartitionReport::add(Finding finding) {
  if (findings.size() == findings_max) {
    ++findings_more;
  } else {
    findings.push_back(std::move(finding));
  }
}

void PartitionReport::at_index(std::uint64_t index, std::string what) {
  add({.origin = origin, .index = index, .what = std::move(what)});
}

void PartitionReport::at_size(std::uint64_t at, std::string what) {
  add({.origin = origin, .size = at, .what = std::move(what)});
}

void PartitionReport::on_the_whole(std::string what) { add({.origin = origin, .what = std::move(what)}); }

}  // namespace godwit::audit::verify
