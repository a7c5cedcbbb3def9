// Package repository checks what is of the repository and of no package: its
// workflows, its forms, what its packages say of themselves, its pins.
package repository
