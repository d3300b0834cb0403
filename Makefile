# The front door. `make help` lists what there is.
.PHONY: all
all:
	@cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
	@cmake --build build
