#include "common/service/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

namespace godwit::service {
namespace {

struct Reader {
  const YamlLimits& limits;
  std::size_t nodes = 0;
  std::optional<Error> error = {};

  Yaml fail(const YAML::Node& node, std::string_view what) {
    if (!error) error = invalid_error(fmt::format("line {}: {}", node.Mark().line + 1, what));
    return {};
  }

  // As deep as `levels` at most.
  Yaml read(const YAML::Node& node, int levels) {  // NOLINT(misc-no-recursion)
    if (error) return {};
    if (levels == 0) return fail(node, "nested too deeply");
    if (++nodes > limits.nodes_max) return fail(node, "too much to read");
    Yaml out{.line = node.Mark().line + 1};
    if (node.IsScalar()) {
      out.kind = Yaml::Kind::scalar;
      out.scalar = node.Scalar();
    } else if (node.IsSequence()) {
      out.kind = Yaml::Kind::list;
      for (const auto& item : node) out.items.push_back(read(item, levels - 1));
    } else if (node.IsMap()) {
      out.kind = Yaml::Kind::map;
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) return fail(entry.first, "a key must be one word");
        const std::string& name = entry.first.Scalar();
        if (out.find(name) != nullptr) return fail(entry.first, fmt::format("'{}' is there twice", name));
        Yaml value = read(entry.second, levels - 1);
        value.line = entry.first.Mark().line + 1;  // an absent value has no line of its own
        out.members.emplace_back(name, std::move(value));
      }
    }
    return out;
  }
};

}  // namespace

const Yaml* Yaml::find(std::string_view name) const {
  const auto found =
      std::find_if(members.begin(), members.end(),
                   [&](const std::pair<std::string, Yaml>& member) { return member.first == name; });
  return found == members.end() ? nullptr : &found->second;
}

Result<Yaml> parse_yaml(const std::string& text, const YamlLimits& limits) {
  if (text.size() > limits.bytes_max)
    return invalid_error(fmt::format("is larger than {} bytes", limits.bytes_max));
  try {
    Reader reader{limits};
    Yaml root = reader.read(YAML::Load(text), limits.nesting_max);
    if (reader.error) return *reader.error;
    return root;
  } catch (const YAML::Exception& failure) {
    return invalid_error(fmt::format("line {}: {}", failure.mark.line + 1, failure.msg));
  }
}

Result<Yaml> read_yaml_file(const std::string& path, const YamlLimits& limits) {
  std::ifstream file{path, std::ios::binary};
  std::string text;
  if (file) {
    text.resize(limits.bytes_max + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad() || !file.is_open()) return invalid_error(fmt::format("{}: cannot be read", path));
  auto parsed = parse_yaml(text, limits);
  if (!parsed) return invalid_error(fmt::format("{}: {}", path, parsed.error().message));
  return parsed;
}

Result<std::string> expand_environment(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find("${");
    if (at == std::string_view::npos) break;
    if (at > 0 && text[at - 1] == '$') {
      out.append(text.substr(0, at - 1)).append("${");
      text.remove_prefix(at + 2);
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return invalid_error("'${' without its '}'");
    const std::string name{text.substr(at + 2, end - at - 2)};
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread starts
    if (value == nullptr) return invalid_error(fmt::format("the environment variable {} is not set", name));
    out.append(text.substr(0, at)).append(value);
    text.remove_prefix(end + 1);
  }
  out.append(text);
  return out;
}

}  // namespace godwit::service
