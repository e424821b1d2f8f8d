#include "common/service/yaml.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace godwit;
using service::Yaml;

TEST_CASE("YAML is read with the line of each part") {
  const auto root = service::parse_yaml("a: 1\nb:\n  - x\n  - c: y\nd:\n");
  REQUIRE(root);
  CHECK(root->kind == Yaml::Kind::map);
  CHECK(root->find("a")->scalar == "1");
  CHECK(root->find("b")->items.at(1).find("c")->line == 4);
  CHECK(root->find("d")->kind == Yaml::Kind::null);
  CHECK(root->find("d")->line == 5);
  CHECK(root->find("e") == nullptr);
}

TEST_CASE("what is no YAML, or too much of it, is refused with its line") {
  const auto message = [](const std::string& text, const service::YamlLimits& limits = {}) {
    const auto root = service::parse_yaml(text, limits);
    return root ? std::string{} : root.error().message;
  };
  CHECK(message("a: 1\nb: [1,\n").starts_with("line "));
  CHECK(message("a: 1\na: 2\n") == "line 2: 'a' is there twice");
  CHECK(message("[1, 2, 3, 4]", {.nodes_max = 3}).find("too much") != std::string::npos);
  CHECK(message("[[[[1]]]]", {.nesting_max = 3}).find("too deeply") != std::string::npos);
  CHECK(message("a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n",
                {.nodes_max = 100})
            .find("too much") != std::string::npos);
  CHECK_FALSE(service::read_yaml_file("/nonexistent/endpoints.yaml"));
}

TEST_CASE("the environment stands in for ${NAME}, and a name that is not set is an error") {
  setenv("GODWIT_TEST_TOKEN", "t0k", 1);  // NOLINT(concurrency-mt-unsafe)
  CHECK(*service::expand_environment("a/${GODWIT_TEST_TOKEN}/b") == "a/t0k/b");
  CHECK(*service::expand_environment("$${x} $5") == "${x} $5");
  CHECK_FALSE(service::expand_environment("${GODWIT_TEST_NOT_SET}"));
  CHECK_FALSE(service::expand_environment("${GODWIT"));
}
