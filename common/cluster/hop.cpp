#include "common/cluster/hop.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace godwit::cluster {
namespace {

constexpr const char* hop_header = "Godwit-Hop";
constexpr const char* stores_header = "Godwit-Partitions";
constexpr std::size_t stores_max = 10'000;
constexpr int retry_after_seconds = 1;

std::optional<Stores> read_stores(std::string_view list) {
  Stores out;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    out.emplace(list.substr(0, end));
    if (out.size() > stores_max) return std::nullopt;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

// nullopt: the question names none, and means all.
std::optional<Stores> asked_for(const http::Request& request) {
  const auto list = request.header(stores_header);
  return list ? std::optional{read_stores(*list).value_or(Stores{})} : std::nullopt;
}

http::Response answer(const sqlite::Readers& all, const http::Request& request, const ReadFiles& read,
                      bool whole) {
  const auto open = all.names();
  const Stores asked = asked_for(request).value_or(Stores{open.begin(), open.end()});
  const sqlite::Readers files{all, asked};
  const auto there = files.names();
  http::Response out = whole && there.size() < asked.size()
                           ? http::unavailable("this instance does not answer for that partition any more",
                                               retry_after_seconds)
                           : read(files);
  out.headers.emplace_back(stores_header, fmt::format("{}", fmt::join(there, ",")));
  return out;
}

}  // namespace

bool is_hop(const http::Request& request) { return request.header(hop_header) == "1"; }

http::Response answer_hop(const sqlite::Readers& all, const http::Request& request, const ReadFiles& read) {
  return answer(all, request, read, false);
}

http::Response answer_whole_hop(const sqlite::Readers& all, const http::Request& request,
                                const ReadFiles& read) {
  return answer(all, request, read, true);
}

http::ClientRequest hop_to(const std::string& url, const std::string& target, const Stores& stores) {
  http::ClientRequest out{.url = url + target};
  out.headers.emplace_back(hop_header, "1");
  out.headers.emplace_back(stores_header, fmt::format("{}", fmt::join(stores, ",")));
  return out;
}

std::optional<Stores> covered_by(const http::ClientResponse& answer) {
  const auto list = answer.header(stores_header);
  return list ? read_stores(*list) : std::nullopt;
}

}  // namespace godwit::cluster
