/* Finds pdfium's functions: the library is the one of the Python package, and in Python's processes loaded already. */

#include <dlfcn.h>
#include <stddef.h>

#include "pdfium.h"

struct pdfium pdf;

/* Returns 0 when there is no such library or it lacks a function. */
int load_pdfium(const char *library)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    int found = handle != NULL;

#define PDFIUM_LOAD(result, name, arguments)                                                                           \
    if (found) {                                                                                                       \
        *(void **)&pdf.name = dlsym(handle, #name);                                                                    \
        found = pdf.name != NULL;                                                                                      \
    }
    PDFIUM_FUNCTIONS(PDFIUM_LOAD)
    return found;
}
