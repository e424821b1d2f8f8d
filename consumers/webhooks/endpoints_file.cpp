#include "consumers/webhooks/endpoints_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace godwit::webhooks {
namespace {

using service::Yaml;

Error wrong(const Yaml& at, std::string_view what) {
  return invalid_error(fmt::format("line {}: {}", at.line, what));
}

// A secret is a line or a key, no more than this.
Result<std::string> read_secret_file(const std::string& path) {
  constexpr std::size_t bytes_max = 16 * 1024;
  std::ifstream file{path, std::ios::binary};
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) return invalid_error(fmt::format("cannot read {}", path));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max)
    return invalid_error(fmt::format("{} is longer than {} bytes", path, bytes_max));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

// The files first, their contents guarded from what follows.
Result<std::string> expand(std::string_view text) {
  constexpr std::string_view opening = "${file:";
  std::string out;
  while (true) {
    const std::size_t at = text.find(opening);
    if (at == std::string_view::npos) break;
    const bool plain = at > 0 && text[at - 1] == '$';
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return invalid_error("'${' without its '}'");
    out.append(text.substr(0, at));
    if (plain) {
      out.append(text.substr(at, end + 1 - at));
    } else {
      auto content =
          read_secret_file(std::string{text.substr(at + opening.size(), end - at - opening.size())});
      if (!content) return content.error();
      for (std::size_t i = 0; i < content->size(); ++i) {
        if (content->compare(i, 2, "${") == 0) out.push_back('$');
        out.push_back((*content)[i]);
      }
    }
    text.remove_prefix(end + 1);
  }
  return service::expand_environment(out.append(text));
}

// `secret_file` is `secret`, from a file.
std::string_view key_read_from_file(std::string_view name) {
  constexpr std::string_view ending = "_file";
  if (is_known_key(name) || !name.ends_with(ending)) return {};
  name.remove_suffix(ending.size());
  return is_known_key(name) ? name : std::string_view{};
}

Result<Setting> read_setting(const std::string& name, const Yaml& value) {
  const std::string_view from_file = key_read_from_file(name);
  if (!is_known_key(name) && from_file.empty())
    return wrong(value, fmt::format("an endpoint has no key '{}'", name));
  std::string plain = value.scalar;
  if (value.kind == Yaml::Kind::list && is_list_key(name)) {
    for (const Yaml& item : value.items) plain.append(plain.empty() ? "" : ",").append(item.scalar);
  } else if (value.kind != Yaml::Kind::scalar) {
    return wrong(value, fmt::format("'{}' needs one value", name));
  }
  auto text = expand(plain);
  if (text && !from_file.empty()) text = read_secret_file(*text);
  if (!text) return wrong(value, fmt::format("'{}': {}", name, text.error().message));
  return Setting{from_file.empty() ? name : std::string{from_file}, std::move(*text), value.line};
}

Result<Configured> read_endpoint(const Yaml& item, const EndpointLimits& limits) {
  if (item.kind != Yaml::Kind::map) return wrong(item, "an endpoint is a map of keys to values");
  EndpointSettings settings;
  for (const auto& [name, value] : item.members) {
    auto setting = read_setting(name, value);
    if (!setting) return setting.error();
    if (find_setting(settings, setting->name) != nullptr)
      return wrong(value, fmt::format("'{}' is given twice", setting->name));
    settings.push_back(std::move(*setting));
  }
  auto endpoint = make_endpoint(settings, item.line, limits);
  if (!endpoint) return endpoint.error();
  return Configured{std::move(settings), std::move(*endpoint)};
}

}  // namespace

Result<std::vector<Configured>> parse_endpoints(const Yaml& root, const EndpointLimits& limits) {
  const Yaml* list = &root;
  if (root.kind == Yaml::Kind::map) {
    for (const auto& [name, value] : root.members)
      if (name != "endpoints")
        return wrong(value, fmt::format("'{}' is no key here, only 'endpoints'", name));
    list = root.find("endpoints");
  }
  std::vector<Configured> out;
  if (list == nullptr || list->kind == Yaml::Kind::null) return out;
  if (list->kind != Yaml::Kind::list) return wrong(*list, "'endpoints' must be a list");
  if (list->items.size() > limits.endpoints_max)
    return wrong(*list, fmt::format("more than {} endpoints", limits.endpoints_max));
  for (const Yaml& item : list->items) {
    auto each = read_endpoint(item, limits);
    if (!each) return each.error();
    const std::string& name = each->endpoint.name;
    if (std::any_of(out.begin(), out.end(), [&](const Configured& one) { return one.endpoint.name == name; }))
      return wrong(item, fmt::format("there is already an endpoint '{}'", name));
    out.push_back(std::move(*each));
  }
  return out;
}

Result<std::vector<Configured>> read_endpoints_file(const std::string& path, const EndpointLimits& limits) {
  auto root = service::read_yaml_file(path);
  if (!root) return root.error();
  auto endpoints = parse_endpoints(*root, limits);
  if (!endpoints) return invalid_error(fmt::format("{}: {}", path, endpoints.error().message));
  return endpoints;
}

}  // namespace godwit::webhooks
