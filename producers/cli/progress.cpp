#include "producers/cli/progress.h"

#include <algorithm>
#include <array>
#include <utility>

#include "producers/worker/parse/nbdcopy.h"
#include "producers/worker/parse/number.h"
#include "producers/worker/parse/qemu_img.h"

namespace godwit::cli {
namespace {

using worker::parse::number;
using Words = std::vector<std::string_view>;

// What nbdcopy hands out at a time, and so the step of its figures.
constexpr std::int64_t nbdcopy_unit_bytes = 134'217'728;

constexpr std::array<std::pair<std::string_view, Dialect>, 8> named{{
    {"none", Dialect::none},
    {"qemu-img", Dialect::qemu_img},
    {"nbdcopy", Dialect::nbdcopy},
    {"rsync", Dialect::rsync},
    {"curl", Dialect::curl},
    {"pv", Dialect::pv},
    {"dd", Dialect::dd},
    {"percent", Dialect::percent},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

Words words_of(std::string_view line) {
  constexpr std::string_view blanks = " \t";
  Words words;
  for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;
       at = line.find_first_not_of(blanks, at)) {
    const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<double> figure(std::string_view text) {
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
  const auto value = number<double>(text);
  return value && *value <= 100 ? value : std::nullopt;
}

// The figure that ends where the '%' at `sign` is.
std::optional<double> before(std::string_view line, std::size_t sign) {
  std::size_t end = sign;
  if (end > 0 && line[end - 1] == ' ') --end;
  std::size_t begin = end;
  while (begin > 0 && (is_digit(line[begin - 1]) || line[begin - 1] == '.')) --begin;
  // "1,5%", "-5%", "(1.00/100%)" and "v2%" are something else.
  const bool is_apart = begin == 0 || (!is_word(line[begin - 1]) && line[begin - 1] != ',' &&
                                       line[begin - 1] != '-' && line[begin - 1] != '/');
  return is_apart ? figure(line.substr(begin, end - begin)) : std::nullopt;
}

std::optional<Progress> percent(std::string_view line, std::string_view basis = "percent") {
  for (std::size_t at = line.rfind('%'); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : line.rfind('%', at - 1)) {
    if (at + 1 < line.size() && is_word(line[at + 1])) continue;
    if (const auto found = before(line, at)) return Progress{.percentage = found, .unit_basis = basis};
  }
  return std::nullopt;
}

std::optional<Progress> qemu_img(std::string_view line) {
  const auto found = worker::parse::qemu_img_progress(line);
  if (!found) return std::nullopt;
  return Progress{.percentage = found, .unit_basis = "allocated"};
}

std::optional<Progress> nbdcopy(std::string_view line) {
  auto found = percent(line, "virtual");
  if (const auto hundredths = worker::parse::nbdcopy_progress(line))
    found = Progress{.percentage = *hundredths, .unit_basis = "virtual"};
  if (found) found->granularity_bytes = nbdcopy_unit_bytes;
  return found;
}

std::optional<Progress> rsync(std::string_view line) {
  const Words words = words_of(line);
  if (words.size() < 4 || !words[1].ends_with('%') || !words[2].ends_with("B/s")) return std::nullopt;
  auto found = percent(words[1], "allocated");
  if (!found) return std::nullopt;
  std::string digits{words[0]};
  digits.erase(std::remove(digits.begin(), digits.end(), ','), digits.end());
  found->bytes_done = number<std::int64_t>(digits);  // none in the rounded units of -h
  return found;
}

// % Total  % Received  % Xferd  speed down  speed up  time total  spent  left  speed
std::optional<Progress> curl_meter(const Words& words) {
  if (words.size() != 12) return std::nullopt;
  const auto is_time = [&](std::size_t i) { return words[i].find(':') != std::string_view::npos; };
  const auto total = figure(words[0]);
  if (!total || !is_time(8) || !is_time(9) || !is_time(10)) return std::nullopt;
  // Of an unknown size it says that all of it is there.
  if (*total > 0 && words[2] == "0" && words[4] == "0") return std::nullopt;
  return Progress{.percentage = total, .unit_basis = "allocated"};
}

std::optional<Progress> dd(std::string_view line) {
  const Words words = words_of(line);
  if (words.size() < 4 || (words[1] != "bytes" && words[1] != "byte")) return std::nullopt;
  if (line.find(" copied, ") == std::string_view::npos) return std::nullopt;
  const auto bytes = number<std::int64_t>(words[0]);
  if (!bytes || *bytes < 0) return std::nullopt;
  return Progress{.bytes_done = bytes, .unit_basis = "virtual"};
}

std::optional<Progress> pv(std::string_view line) {
  if (const auto bare = figure(line)) return Progress{.percentage = bare};
  return percent(line);
}

std::optional<Progress> any(std::string_view line) {
  for (const auto read : {qemu_img, rsync, dd})
    if (const auto found = read(line)) return found;
  if (const auto found = curl_meter(words_of(line))) return found;
  return percent(line);
}

}  // namespace

std::vector<std::string> dialect_names() {
  std::vector<std::string> names{"auto"};
  for (const auto& [name, dialect] : named) names.emplace_back(name);
  return names;
}

Dialect choose_dialect(std::string_view name, std::string_view program) {
  if (name == "auto") name = program.substr(program.rfind('/') + 1);  // npos + 1 is 0
  if (name == "virt-v2v") name = "nbdcopy";                           // which it runs, and shows
  const auto at =
      std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.first == name; });
  return at == named.end() ? Dialect::any : at->second;
}

std::optional<Progress> read_progress(Dialect dialect, std::string_view line) {
  switch (dialect) {
    case Dialect::any:
      return any(line);
    case Dialect::none:
      return std::nullopt;
    case Dialect::qemu_img:
      return qemu_img(line);
    case Dialect::nbdcopy:
      return nbdcopy(line);
    case Dialect::rsync:
      return rsync(line);
    case Dialect::curl: {
      const auto meter = curl_meter(words_of(line));
      return meter ? meter : percent(line, "allocated");
    }
    case Dialect::pv:
      return pv(line);
    case Dialect::dd:
      return dd(line);
    case Dialect::percent:
      return percent(line);
    case Dialect::figures:
      return worker::parse::nbdcopy_progress(line) ? nbdcopy(line) : pv(line);
  }
  return std::nullopt;
}

}  // namespace godwit::cli
